package storage.common.tar;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A piece of an archive in memory. It is filled again once nobody uses it any more: neither the reader, which counts as
 * one user while it is its present piece, nor those to whom content in it was lent ({@link TarReader#lend}).
 */
public final class Chunk {
    final ByteBuffer bytes;
    private final AtomicInteger users = new AtomicInteger(1);
    private final Queue<Chunk> idle;

    /** @param idle where it goes when nobody uses it; may be full, then it is dropped */
    Chunk(int size, Queue<Chunk> idle) {
        this.bytes = ByteBuffer.allocateDirect(size);
        this.bytes.limit(0);
        this.idle = idle;
    }

    /** From idle to the reader's present piece. */
    void take() {
        users.set(1);
        bytes.limit(0);
    }

    void lend() {
        users.incrementAndGet();
    }

    boolean isLent() {
        return users.get() > 1;
    }

    /** Gives back what was lent. Once for each time; from any thread. */
    public void release() {
        if (users.decrementAndGet() == 0) {
            idle.offer(this);
        }
    }
}
