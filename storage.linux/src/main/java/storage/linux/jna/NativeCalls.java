package storage.linux.jna;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import storage.linux.Errno;

/** What all calls share: the error number as the result, the repetition, and names as C strings. */
abstract class NativeCalls {
    /** PATH_MAX of linux/limits.h, with the terminating zero. */
    static final int PATH_MAX = 4096;

    /** Of linux/limits.h: the longest name of an extended attribute. */
    static final int XATTR_NAME_MAX = 255;

    NativeCalls() {
        LibC.load();
    }

    static int call(long number, long a) {
        return (int) longCall(number, a, 0, 0);
    }

    static int call(long number, long a, long b) {
        return (int) longCall(number, a, b, 0);
    }

    static int call(long number, long a, long b, long c) {
        return (int) longCall(number, a, b, c);
    }

    static int call(long number, long a, long b, long c, long d, long e) {
        return (int) longCall(number, a, b, c, d, e);
    }

    static long longCall(long number, long a, long b, long c) {
        while (true) {
            var result = LibC.syscall(number, a, b, c);
            if (result >= 0) {
                return result;
            }
            var errno = Native.getLastError();
            if (errno != Errno.EINTR) {
                return -errno;
            }
        }
    }

    static long longCall(long number, long a, long b, long c, long d, long e) {
        while (true) {
            var result = LibC.syscall(number, a, b, c, d, e);
            if (result >= 0) {
                return result;
            }
            var errno = Native.getLastError();
            if (errno != Errno.EINTR) {
                return -errno;
            }
        }
    }

    static long longCall(long number, long a, long b, long c, long d, long e, long f) {
        while (true) {
            var result = LibC.syscall(number, a, b, c, d, e, f);
            if (result >= 0) {
                return result;
            }
            var errno = Native.getLastError();
            if (errno != Errno.EINTR) {
                return -errno;
            }
        }
    }

    /** A call whose only pointer is one path. */
    static int pathCall(long number, byte[] path, long b) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(path.length + 1);
        put(scratch, Scratch.START, path);
        return call(number, Scratch.address(scratch) + Scratch.START, b);
    }

    /** A call with a descriptor, a path below it and one plain number. */
    static int pathCall(long number, int dirfd, byte[] path, long c) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(path.length + 1);
        put(scratch, Scratch.START, path);
        return call(number, dirfd, Scratch.address(scratch) + Scratch.START, c);
    }

    /** A call with a descriptor, a path below it and three plain numbers. */
    static int pathCall(long number, int dirfd, byte[] path, long c, long d, long e) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(path.length + 1);
        put(scratch, Scratch.START, path);
        return call(number, dirfd, Scratch.address(scratch) + Scratch.START, c, d, e);
    }

    /** {@code -errno} for a path that the kernel cannot be given as it is, else 0. */
    static int refuse(byte[] path) {
        return refuse(path, PATH_MAX - 1, Errno.ENAMETOOLONG);
    }

    /** {@code -errno} for a string that holds a zero byte or is too long, else 0. */
    static int refuse(byte[] string, int longest, int tooLong) {
        if (string.length > longest) {
            return -tooLong;
        }
        for (var b : string) {
            if (b == 0) {
                return -Errno.EINVAL;
            }
        }
        return 0;
    }

    /** Writes a C string and answers the offset behind it. */
    static int put(ByteBuffer scratch, int offset, byte[] string) {
        scratch.put(offset, string);
        scratch.put(offset + string.length, (byte) 0);
        return offset + string.length + 1;
    }

    /** The address of a buffer's first byte. The caller keeps the buffer reachable until the call is over. */
    static long address(ByteBuffer direct) {
        if (!direct.isDirect()) {
            throw new IllegalArgumentException("the buffer is not direct");
        }
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }

    /** The address of the buffer's position, for a call that writes there. */
    static long writable(ByteBuffer direct) {
        if (direct.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        return address(direct) + direct.position();
    }

    /** Moves the position by what a call read or wrote. */
    static int moved(ByteBuffer buffer, int count) {
        if (count > 0) {
            buffer.position(buffer.position() + count);
        }
        return count;
    }
}
