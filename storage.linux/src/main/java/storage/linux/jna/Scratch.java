package storage.linux.jna;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside the heap for the arguments of one call, one piece a thread.
 *
 * <p>The thread-local value is a plain {@link ByteBuffer}: a class of the JDK, so that threads which outlive the bundle
 * keep no class of ours, hence no class loader, alive. For the same reason its address is not kept in an object beside it
 * but in its own first eight bytes. Whoever asks for the scratch uses it up within one call and calls nothing else that
 * uses it meanwhile.
 */
final class Scratch {
    /** Where arguments begin: behind the address, aligned for every struct of the kernel. */
    static final int START = 16;

    /** Enough for a pair of paths of usual length, a struct statx and a directory's worth of attribute names. */
    private static final int FIRST_SIZE = 8 << 10;

    private static final ThreadLocal<ByteBuffer> BUFFERS = new ThreadLocal<>();

    private Scratch() {}

    /** The calling thread's buffer, with room for this many bytes behind {@link #START}. */
    static ByteBuffer get(int size) {
        var buffer = BUFFERS.get();
        return buffer != null && buffer.capacity() - START >= size ? buffer : grow(size);
    }

    /** The address of the buffer's byte 0. */
    static long address(ByteBuffer scratch) {
        return scratch.getLong(0);
    }

    private static ByteBuffer grow(int size) {
        var capacity = Math.max(FIRST_SIZE, Integer.highestOneBit(size + START - 1) << 1);
        var buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
        buffer.putLong(0, Pointer.nativeValue(Native.getDirectBufferPointer(buffer)));
        BUFFERS.set(buffer);
        return buffer;
    }
}
