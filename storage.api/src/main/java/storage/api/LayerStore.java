package storage.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Layers of filesystems, each standing on a parent, sharing what they have in common.
 *
 * <h2>The life of a layer</h2>
 *
 * <p>A layer is a directory tree described by its difference from another tree. It is created with an {@link LayerId id}
 * and at most one <em>parent</em>, and from then on shows everything the parent shows, until it is changed itself. The
 * parent is never changed through its children. There are two kinds:
 *
 * <ul>
 *   <li>an <em>image layer</em> ({@link #create}) gets its difference once, from an archive ({@link #applyDiff}), and is
 *       mounted read-only ever after;
 *   <li>a <em>read-write layer</em> ({@link #createReadWrite}) is changed through its mount for as long as anyone likes.
 * </ul>
 *
 * <p>To see the tree, a consumer takes hold of the layer: {@link #get} mounts it if nobody has yet and answers the
 * path; {@link #put} gives the hold back, and the last one unmounts. Holds are counted, so that two consumers need not
 * know of each other. {@link #mount} wraps the pair for try-with-resources.
 *
 * <p>What a layer changed can be listed ({@link #changes}), measured ({@link #diffSize}) and written as an archive
 * ({@link #diff}) that {@link #applyDiff} of any store with the same parent turns into the same tree. In archives a
 * deleted name is an empty file {@code .wh.NAME} (a <em>whiteout</em>), and a directory that hides everything below it in
 * its parent holds a file {@code .wh..wh..opq} (it is <em>opaque</em>), as in the OCI image specification, "Layer
 * Filesystem Changeset".
 *
 * <p>A layer that nobody holds and nobody stands on can be {@linkplain #remove removed}.
 *
 * <h2>An example</h2>
 *
 * <p>An image of two layers, a container on it, and the container's changes as a third layer:
 *
 * <pre>{@code
 * LayerStore store = ...;                                    // an OSGi service, property storage.name=default
 * LayerId base = new LayerId("base-os"), app = new LayerId("app"), box = new LayerId("box-1");
 *
 * store.create(base, Optional.empty(), LayerOptions.NONE);   // stands on nothing
 * store.applyDiff(base, baseTar);                            // ... and has content: etc/motd, bin/sh
 * store.create(app, Optional.of(base), LayerOptions.NONE);
 * store.applyDiff(app, appTar);                              // srv/app, and a whiteout etc/.wh.motd
 *
 * store.createReadWrite(box, Optional.of(app), LayerOptions.NONE);
 * try (Mount mount = store.mount(box)) {                     // shows bin/sh and srv/app, but no etc/motd
 *     Files.writeString(mount.path().resolve("srv/app/log"), "started");
 * }                                                          // unmounted: the last hold is gone
 *
 * store.changes(box, Optional.of(app));                      // [C /srv, C /srv/app, A /srv/app/log]
 * store.remove(app);                                         // StorageException HAS_CHILDREN: box stands on it
 *
 * LayerId next = new LayerId("app-2");                       // what a commit does
 * store.create(next, Optional.of(app), LayerOptions.NONE);
 * store.diff(box, Optional.of(app), archiveOut);             // srv/app/log alone, as tar ...
 * store.applyDiff(next, archiveIn);                          // ... becomes an image layer
 * store.remove(box);
 * }</pre>
 *
 * <h2>Promises</h2>
 *
 * <ul>
 *   <li><b>All or nothing.</b> A call that fails leaves the store as it was; a process that is killed inside a call
 *       leaves something that the next opening for writing repairs. A layer whose filling was cut off is never shown as
 *       whole.
 *   <li><b>Concurrency.</b> Every method may be called from any thread. Calls on different layers run beside each other;
 *       calls on one layer are ordered. No lock is held while bytes of an archive are moved, save that of the layer
 *       that they go to. A waiting call can be interrupted.
 *   <li><b>Closing is not unmounting.</b> {@link #close} releases what is in this process; mounts stay, and the next
 *       opening finds and adopts them. {@link #cleanup} unmounts.
 *   <li><b>The same everywhere.</b> Whiteouts hide lower layers only, in whatever order entries come. The result of
 *       {@code applyDiff} equals unpacking all layers in order into one directory.
 * </ul>
 *
 * <p>Unless told otherwise, methods throw {@link StorageException} of kind NOT_FOUND for an id that the store does not
 * have, CLOSED after {@link #close}, or when a change is asked of a store that was opened for reading, and IO,
 * NO_SPACE or PERMISSION for what the operating system answers.
 */
@ConsumerType
public interface LayerStore extends AutoCloseable {
    /** Which store this is and where it lies. */
    StoreInfo info();

    /**
     * All layers, in the order of their ids. Reads the disk each time.
     *
     * @return a snapshot; layers of another program's making included
     */
    List<Layer> layers() throws StorageException;

    /** What is known about a layer, or empty if there is none of that id. */
    Optional<Layer> layer(LayerId id) throws StorageException;

    /** Whether a layer of that id exists, in whatever state. Looks at the disk each time. */
    boolean exists(LayerId id) throws StorageException;

    /**
     * Makes an image layer, empty as yet: it shows what its parent shows.
     *
     * @param id the new layer's id
     * @param parent the layer to stand on, empty for none
     * @param options a label and driver options; not every driver takes any
     * @throws StorageException ALREADY_EXISTS if the id is taken; NOT_FOUND if the parent is missing; INCOMPLETE if the
     *     parent has no content; INVALID or NOT_SUPPORTED for an option; LIMIT_EXCEEDED if the backend cannot stack
     *     that deep
     */
    void create(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException;

    /**
     * Makes a read-write layer.
     *
     * @see #create for parameters and errors
     */
    void createReadWrite(LayerId id, Optional<LayerId> parent, LayerOptions options) throws StorageException;

    /**
     * Removes a layer with everything in it.
     *
     * @throws StorageException IN_USE while it is held or mounted; HAS_CHILDREN while others stand on it
     */
    void remove(LayerId id) throws StorageException;

    /**
     * Takes hold of a layer, mounting it if it is not.
     *
     * @param id the layer
     * @param mountLabel the security label for a new mount, empty for the one given at creation
     * @return where the tree can be seen: the same path for every hold of one layer
     * @throws StorageException INCOMPLETE or DAMAGED if the layer cannot be shown
     */
    Path get(LayerId id, String mountLabel) throws StorageException;

    /**
     * Gives back one hold; the last one unmounts. Of a layer that was never taken hold of, but is still mounted from an
     * earlier process, it unmounts; of one that is neither, it does nothing.
     *
     * @throws StorageException IN_USE if the kernel will not let go of the mount; the hold is given back all the same
     */
    void put(LayerId id) throws StorageException;

    /** Takes hold of a layer until the result is closed. */
    default Mount mount(LayerId id) throws StorageException {
        return new HeldMount(this, id, get(id, ""));
    }

    /**
     * Writes the difference between a layer and another as a tar archive.
     *
     * <p>Entries come in the order of their names, directories before what they hold, so that the same difference gives
     * the same bytes each time. The layer may be in use; what is written to it meanwhile may or may not be seen.
     *
     * @param id the layer
     * @param against what to compare with, usually its parent; empty for nothing, which gives the whole tree
     * @param out where the archive goes; neither flushed nor closed
     * @throws IOException a StorageException, or what {@code out} throws
     */
    void diff(LayerId id, Optional<LayerId> against, OutputStream out) throws IOException;

    /**
     * Lists the difference between a layer and another, in the order of paths, a directory before what it holds.
     *
     * @param against what to compare with, usually its parent; empty for nothing
     */
    List<Change> changes(LayerId id, Optional<LayerId> against) throws StorageException;

    /**
     * Fills an image layer with the content of an uncompressed tar archive. The archive is not trusted: nothing outside
     * the layer is touched, whatever names and links it holds.
     *
     * <p>When the call returns, the content is on disk as safely as the filesystem can promise. When it throws, the
     * layer is as it was before.
     *
     * @param id a layer with nothing in it yet
     * @param archive read to the end of the archive and of the stream; not closed
     * @return the sum of the sizes of the regular files in the archive, in bytes
     * @throws StorageException BAD_ARCHIVE or LIMIT_EXCEEDED for what the archive holds; IN_USE while the layer is
     *     held; HAS_CHILDREN while others stand on it
     * @throws IOException what {@code archive} throws
     */
    long applyDiff(LayerId id, InputStream archive) throws IOException;

    /**
     * The sum of the sizes of the regular files that a layer adds to or changes against another, in bytes.
     *
     * @param against what to compare with, usually its parent; empty for nothing
     */
    long diffSize(LayerId id, Optional<LayerId> against) throws StorageException;

    /** Direct access to the files that a layer itself holds; the caller closes it. */
    LayerFiles files(LayerId id) throws StorageException;

    /**
     * What the driver tells about one layer, such as {@code UpperDir}. Names and values are those of the engine's
     * drivers, for {@code docker inspect}.
     */
    Map<String, String> metadata(LayerId id) throws StorageException;

    /**
     * What the driver tells about itself, such as {@code Backing Filesystem}, in the order to be shown. Names and
     * values are those of the engine's drivers, for {@code docker info}.
     */
    Map<String, String> status() throws StorageException;

    /**
     * Unmounts everything of this store that is mounted, whoever holds it, and lets go of the kernel's devices. Layers
     * stay. The store can be used on. What the driver did not mount is left alone.
     *
     * @throws StorageException IN_USE if something could not be unmounted; the rest has been
     */
    void cleanup() throws StorageException;

    /**
     * Releases what this process has: locks, descriptors, threads. Mounts stay. Closing twice is closing once.
     */
    @Override
    void close() throws StorageException;

    /**
     * An optional ability of the backend, such as a quota or a check of its content.
     *
     * @param ability an interface of {@code storage.api} or of the backend's own
     * @return the ability, or empty if this backend does not have it
     */
    default <T> Optional<T> ability(Class<T> ability) {
        return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
    }
}
