package storage.selector.gate;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.StoreInfo.Access;

/**
 * Exchanges the backend's store behind the gate, whose consumers notice a wait at most:
 *
 * <ol>
 *   <li>{@link #hold}: new calls wait;
 *   <li>{@link #letGo}: those inside end, then the backend's store is closed, which unmounts nothing;
 *   <li>{@link #serve}: another store adopts the mounts that this process holds, and the waiting calls go on. Or
 *       {@link #refuse}: there is none, and they are told so.
 * </ol>
 *
 * <p>What is behind the gate changes only while it is closed and empty, so a call sees one store from its beginning to
 * its end. Steps are taken by one thread at a time; whoever takes them sees to that.
 */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    /** How long a stream that was ended may take to undo its work, and once more after it was closed as well. */
    static final Duration GRACE = Duration.ofSeconds(3);

    private final CallGate gate = new CallGate();
    private final BulkStreams streams = new BulkStreams();
    private final Set<GatedFiles> files = ConcurrentHashMap.newKeySet();
    private final HeldLayers held;
    private volatile Inner inner;
    /** Which inner store it is, counted; files that were opened in an earlier one are opened anew. */
    private final AtomicInteger generation = new AtomicInteger();

    private volatile StoreInfo info;
    private volatile boolean attached = true;
    private volatile Runnable afterFilling = () -> {};

    Exchange(Inner first) {
        this.inner = first;
        this.info = first.store().info();
        this.held = new HeldLayers(this::inner);
    }

    CallGate gate() {
        return gate;
    }

    BulkStreams streams() {
        return streams;
    }

    HeldLayers held() {
        return held;
    }

    Inner inner() {
        return inner;
    }

    Set<GatedFiles> files() {
        return files;
    }

    int generation() {
        return generation.get();
    }

    /** Of the store that is served or was served last. */
    public StoreInfo info() {
        return info;
    }

    /** Whether the backend's store is open, though it may be held. */
    public boolean isAttached() {
        return attached;
    }

    /** Whether this thread is in a call of the store at this moment, so that the call cannot end before it goes on. */
    public boolean isInside() {
        return gate.isInside();
    }

    /**
     * From now on new calls wait for a store to be served.
     *
     * @param tooLong what they are told if that does not happen in time
     */
    public void hold(Duration bound, StorageException tooLong) {
        gate.hold(tooLong, bound);
    }

    /** From now on calls are refused, those that wait included: the store is not to come back. */
    public void refuse(StorageException why) {
        held.setAway(false);
        gate.shut(why);
    }

    /** The same until a store is served again. Holds of this process can be given back meanwhile. */
    public void withdraw(StorageException why) {
        held.setAway(true);
        gate.shut(why);
    }

    /**
     * Closes the backend's store behind a gate that is held, once the calls in it have ended. Streams that have not by then
     * are ended.
     *
     * @param drain how long calls may go on
     * @param toStreams what the callers of streams are told that took longer
     * @return false if calls are inside still: the store is open. {@link #whenEmpty} tells when to try again
     * @throws StorageException INTERRUPTED while waiting
     */
    public boolean letGo(Duration drain, StorageException toStreams) throws StorageException {
        if (!gate.drain(drain) && !streams.end(toStreams, gate, GRACE)) {
            return false;
        }
        detach();
        return true;
    }

    /** See {@link #letGo}. The action is run on the thread of the last call. */
    public void whenEmpty(Runnable action) {
        gate.whenEmpty(action);
    }

    /**
     * As {@link #letGo}, for a store that nobody looks at again: if calls are inside still, the last of them closes the
     * backend's store.
     */
    public void letGoOrLater(Duration drain, StorageException toStreams) {
        try {
            if (letGo(drain, toStreams)) {
                return;
            }
        } catch (StorageException e) {
            LOG.warn("The calls in the store at {} are not waited for: {}", info.root(), e.getMessage());
        }
        gate.whenEmpty(this::detach);
    }

    private synchronized void detach() {
        if (!attached) {
            return;
        }
        files.forEach(GatedFiles::closeBackends);
        attached = false;
        closeInner();
    }

    private void closeInner() {
        try {
            inner.store().close();
        } catch (StorageException | RuntimeException e) {
            LOG.warn("The store of {} at {} did not close cleanly: {}", info.driver(), info.root(), e.getMessage());
        }
        inner = null;
    }

    /**
     * Closes the backend's store whatever is inside: for a store that is not to come back. Its own close waits for what is
     * still at work in it.
     */
    void closeNow() throws StorageException {
        if (attached) {
            attached = false;
            inner.store().close();
        }
    }

    /** Serves a store, in the place of the one that was let go. It may be of another driver. */
    public void serve(Inner next) {
        if (attached) {
            throw new IllegalStateException("The store of " + info.driver() + " is still open");
        }
        inner = next;
        info = next.store().info();
        generation.incrementAndGet();
        attached = true;
        held.adopt();
        gate.open();
    }

    /** What was held is served again: nothing needed exchanging. */
    public void resume() {
        gate.open();
    }

    /** Has something done after each filling of a layer, outside the gate. */
    public void afterFilling(Runnable action) {
        afterFilling = action;
    }

    void filled() {
        afterFilling.run();
    }

    /** The holds of this process, which live as long as this object; see {@link #restore}. */
    public Map<LayerId, Integer> holdsOfProcess() {
        return info.access() == Access.WRITE ? held.own() : Map.of();
    }

    /** Takes over holds of this process that an object before this one counted. Before anybody calls. */
    public void restore(Map<LayerId, Integer> holds) {
        held.restore(holds);
    }
}
