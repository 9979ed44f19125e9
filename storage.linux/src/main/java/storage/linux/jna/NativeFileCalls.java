package storage.linux.jna;

import com.sun.jna.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import storage.linux.FileCalls;
import storage.linux.Stat;

/** {@link FileCalls} by numbers; descriptions are there. */
abstract class NativeFileCalls extends NativeCalls implements FileCalls {
    /** asm-generic/fcntl.h. */
    private static final int F_DUPFD_CLOEXEC = 1030;

    /** Bytes of a struct open_how, linux/openat2.h. */
    private static final int OPEN_HOW = 24;

    @Override
    public int openat(int dirfd, byte[] path, int flags, int mode) {
        return pathCall(Numbers.OPENAT, dirfd, path, flags, mode, 0);
    }

    @Override
    public int openat2(int dirfd, byte[] path, long flags, long mode, long resolve) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(OPEN_HOW + path.length + 1);
        var how = Scratch.START;
        scratch.putLong(how, flags).putLong(how + 8, mode).putLong(how + 16, resolve);
        put(scratch, how + OPEN_HOW, path);
        var address = Scratch.address(scratch) + how;
        return call(Numbers.OPENAT2, dirfd, address + OPEN_HOW, address, OPEN_HOW, 0);
    }

    @Override
    public int close(int fd) {
        // not repeated: the descriptor is gone after EINTR too, and its number may be somebody else's by now
        return LibC.syscall(Numbers.CLOSE, fd, 0, 0) < 0 ? -Native.getLastError() : 0;
    }

    @Override
    public int dup(int fd) {
        return call(Numbers.FCNTL, fd, F_DUPFD_CLOEXEC, 0);
    }

    @Override
    public int read(int fd, ByteBuffer into) {
        try {
            return moved(into, call(Numbers.READ, fd, writable(into), into.remaining()));
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    @Override
    public int pread(int fd, ByteBuffer into, long offset) {
        try {
            return moved(into, call(Numbers.PREAD64, fd, writable(into), into.remaining(), offset, 0));
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    @Override
    public int write(int fd, ByteBuffer from) {
        try {
            return moved(from, call(Numbers.WRITE, fd, address(from) + from.position(), from.remaining()));
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    @Override
    public int pwrite(int fd, ByteBuffer from, long offset) {
        try {
            var address = address(from) + from.position();
            return moved(from, call(Numbers.PWRITE64, fd, address, from.remaining(), offset, 0));
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    @Override
    public long copyFileRange(int in, int out, long count) {
        return longCall(Numbers.COPY_FILE_RANGE, in, 0, out, 0, count, 0);
    }

    @Override
    public long sendfile(int out, int in, long count) {
        return longCall(Numbers.SENDFILE, out, in, 0, count, 0);
    }

    @Override
    public long lseek(int fd, long offset, int whence) {
        return longCall(Numbers.LSEEK, fd, offset, whence);
    }

    @Override
    public int ftruncate(int fd, long length) {
        return call(Numbers.FTRUNCATE, fd, length);
    }

    @Override
    public int fallocate(int fd, int mode, long offset, long length) {
        return call(Numbers.FALLOCATE, fd, mode, offset, length, 0);
    }

    @Override
    public int fsync(int fd) {
        return call(Numbers.FSYNC, fd);
    }

    @Override
    public int fdatasync(int fd) {
        return call(Numbers.FDATASYNC, fd);
    }

    @Override
    public int syncfs(int fd) {
        return call(Numbers.SYNCFS, fd);
    }

    @Override
    public int flock(int fd, int operation) {
        return call(Numbers.FLOCK, fd, operation);
    }

    @Override
    public int mkdirat(int dirfd, byte[] path, int mode) {
        return pathCall(Numbers.MKDIRAT, dirfd, path, mode);
    }

    @Override
    public int mknodat(int dirfd, byte[] path, int mode, long device) {
        return pathCall(Numbers.MKNODAT, dirfd, path, mode, device, 0);
    }

    @Override
    public int unlinkat(int dirfd, byte[] path, int flags) {
        return pathCall(Numbers.UNLINKAT, dirfd, path, flags);
    }

    @Override
    public int symlinkat(byte[] target, int dirfd, byte[] path) {
        return twoPaths(Numbers.SYMLINKAT, 0, target, dirfd, path, 0);
    }

    @Override
    public int linkat(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags) {
        return twoPaths(Numbers.LINKAT, oldDirfd, oldPath, newDirfd, newPath, flags);
    }

    @Override
    public int renameat2(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags) {
        return twoPaths(Numbers.RENAMEAT2, oldDirfd, oldPath, newDirfd, newPath, flags);
    }

    private static int twoPaths(long number, int firstDirfd, byte[] first, int dirfd, byte[] second, int flags) {
        var error = Math.min(refuse(first), refuse(second));
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(first.length + second.length + 2);
        var next = put(scratch, Scratch.START, first);
        put(scratch, next, second);
        var address = Scratch.address(scratch);
        return number == Numbers.SYMLINKAT
                ? call(number, address + Scratch.START, dirfd, address + next)
                : call(number, firstDirfd, address + Scratch.START, dirfd, address + next, flags);
    }

    @Override
    public int readlinkat(int dirfd, byte[] path, byte[] into) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var room = Math.min(into.length, PATH_MAX);
        var scratch = Scratch.get(path.length + 1 + room);
        var target = put(scratch, Scratch.START, path);
        var address = Scratch.address(scratch);
        var count = call(Numbers.READLINKAT, dirfd, address + Scratch.START, address + target, room, 0);
        if (count > 0) {
            scratch.get(target, into, 0, count);
        }
        return count;
    }

    @Override
    public int stat(int dirfd, byte[] path, int flags, Stat into) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(Structs.STATX + path.length + 1);
        put(scratch, Scratch.START + Structs.STATX, path);
        var address = Scratch.address(scratch) + Scratch.START;
        var result = call(
                Numbers.STATX,
                dirfd,
                address + Structs.STATX,
                flags | Structs.AT_NO_AUTOMOUNT,
                Structs.STATX_MASK,
                address);
        if (result == 0) {
            Structs.readStatx(scratch, Scratch.START, into);
        }
        return result;
    }

    @Override
    public int getdents(int fd, ByteBuffer into) {
        try {
            return moved(into, call(Numbers.GETDENTS64, fd, writable(into), into.remaining()));
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    @Override
    public int fchmod(int fd, int mode) {
        return call(Numbers.FCHMOD, fd, mode);
    }

    @Override
    public int fchmodat(int dirfd, byte[] path, int mode) {
        return pathCall(Numbers.FCHMODAT, dirfd, path, mode);
    }

    @Override
    public int fchown(int fd, int uid, int gid) {
        return call(Numbers.FCHOWN, fd, uid, gid);
    }

    @Override
    public int fchownat(int dirfd, byte[] path, int uid, int gid, int flags) {
        return pathCall(Numbers.FCHOWNAT, dirfd, path, uid, gid, flags);
    }

    @Override
    public int utimensat(
            int dirfd,
            byte[] path,
            long accessSeconds,
            long accessNanos,
            long modifiedSeconds,
            long modifiedNanos,
            int flags) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(Structs.TIMES + path.length + 1);
        Structs.writeTimes(scratch, accessSeconds, accessNanos, modifiedSeconds, modifiedNanos);
        put(scratch, Scratch.START + Structs.TIMES, path);
        var address = Scratch.address(scratch) + Scratch.START;
        return call(Numbers.UTIMENSAT, dirfd, address + Structs.TIMES, address, flags, 0);
    }

    @Override
    public int futimens(int fd, long accessSeconds, long accessNanos, long modifiedSeconds, long modifiedNanos) {
        var scratch = Scratch.get(Structs.TIMES);
        Structs.writeTimes(scratch, accessSeconds, accessNanos, modifiedSeconds, modifiedNanos);
        return call(Numbers.UTIMENSAT, fd, 0, Scratch.address(scratch) + Scratch.START, 0, 0);
    }

    @Override
    public int umask(int mask) {
        return call(Numbers.UMASK, mask);
    }
}
