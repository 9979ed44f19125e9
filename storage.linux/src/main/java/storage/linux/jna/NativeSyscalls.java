package storage.linux.jna;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.osgi.service.component.annotations.Component;
import storage.linux.Errno;
import storage.linux.StatFs;
import storage.linux.Syscalls;

/** The kernel itself: {@link Syscalls} by JNA, as an OSGi service too. Has no state, so one is as good as another. */
@Component(service = Syscalls.class)
public final class NativeSyscalls extends NativeAttributeCalls implements Syscalls {
    /** Bytes of the structs of poll(2). */
    private static final int POLLFD = 8;

    private static final int TIMESPEC = 16;

    /** @throws UnsupportedOperationException with a sentence, if this is not 64-bit Linux or JNA cannot be loaded */
    public NativeSyscalls() {
        super();
    }

    @Override
    public int mount(byte[] source, byte[] target, byte[] type, long flags, byte[] data) {
        // the kernel would cut longer options off without a word
        var error = refuse(data, pageSize() - 1, Errno.E2BIG);
        error = Math.min(error, Math.min(refuse(source), Math.min(refuse(target), refuse(type))));
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(source.length + target.length + type.length + data.length + 4);
        var targets = put(scratch, Scratch.START, source);
        var types = put(scratch, targets, target);
        var options = put(scratch, types, type);
        put(scratch, options, data);
        var address = Scratch.address(scratch);
        return call(
                Numbers.MOUNT, address + Scratch.START, address + targets, address + types, flags, address + options);
    }

    @Override
    public int umount2(byte[] target, int flags) {
        return pathCall(Numbers.UMOUNT2, target, flags);
    }

    @Override
    public int unshare(int flags) {
        return call(Numbers.UNSHARE, flags);
    }

    @Override
    public int poll(int fd, int events) {
        // struct pollfd of asm-generic/poll.h: int fd, short events, short revents; then a struct timespec of no time
        var scratch = Scratch.get(POLLFD + TIMESPEC);
        var one = Scratch.START;
        scratch.putInt(one, fd).putShort(one + 4, (short) events).putShort(one + 6, (short) 0);
        scratch.putLong(one + POLLFD, 0).putLong(one + POLLFD + 8, 0);
        var address = Scratch.address(scratch) + one;
        var result = call(Numbers.PPOLL, address, 1, address + POLLFD, 0, 0);
        return result <= 0 ? result : scratch.getShort(one + 6);
    }

    @Override
    public int fchdir(int fd) {
        return call(Numbers.FCHDIR, fd);
    }

    @Override
    public int statfs(byte[] path, StatFs into) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(Structs.STATFS + path.length + 1);
        put(scratch, Scratch.START + Structs.STATFS, path);
        var address = Scratch.address(scratch) + Scratch.START;
        var result = call(Numbers.STATFS, address + Structs.STATFS, address);
        if (result == 0) {
            Structs.readStatfs(scratch, Scratch.START, into);
        }
        return result;
    }

    @Override
    public int fstatfs(int fd, StatFs into) {
        var scratch = Scratch.get(Structs.STATFS);
        var result = call(Numbers.FSTATFS, fd, Scratch.address(scratch) + Scratch.START);
        if (result == 0) {
            Structs.readStatfs(scratch, Scratch.START, into);
        }
        return result;
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        return call(Numbers.IOCTL, fd, request, argument);
    }

    @Override
    public int ioctl(int fd, long request, ByteBuffer argument) {
        try {
            return call(Numbers.IOCTL, fd, request, address(argument));
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    @Override
    public int quotactl(int command, byte[] special, int id, ByteBuffer address) {
        var error = refuse(special);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(special.length + 1);
        put(scratch, Scratch.START, special);
        try {
            var device = Scratch.address(scratch) + Scratch.START;
            return call(Numbers.QUOTACTL, command, device, id, address(address), 0);
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int quotactlFd(int fd, int command, int id, ByteBuffer address) {
        try {
            return call(Numbers.QUOTACTL_FD, fd, command, id, address(address), 0);
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    @Override
    public int geteuid() {
        return call(Numbers.GETEUID, 0);
    }

    @Override
    public int getegid() {
        return call(Numbers.GETEGID, 0);
    }

    @Override
    public int pageSize() {
        return LibC.getpagesize();
    }
}
