package storage.linux.jna;

import storage.linux.AttributeCalls;
import storage.linux.Errno;

/** {@link AttributeCalls} by numbers; descriptions are there. */
abstract class NativeAttributeCalls extends NativeFileCalls implements AttributeCalls {
    /** XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h: the kernel never gives or takes more. */
    private static final int XATTR_MAX = 65536;

    private static final byte[] NONE = {};

    @Override
    public int getxattr(byte[] path, byte[] name, byte[] into) {
        return get(Numbers.GETXATTR, -1, path, name, into);
    }

    @Override
    public int lgetxattr(byte[] path, byte[] name, byte[] into) {
        return get(Numbers.LGETXATTR, -1, path, name, into);
    }

    @Override
    public int fgetxattr(int fd, byte[] name, byte[] into) {
        return get(Numbers.FGETXATTR, fd, NONE, name, into);
    }

    @Override
    public int setxattr(byte[] path, byte[] name, byte[] value, int flags) {
        return set(Numbers.SETXATTR, -1, path, name, value, flags);
    }

    @Override
    public int lsetxattr(byte[] path, byte[] name, byte[] value, int flags) {
        return set(Numbers.LSETXATTR, -1, path, name, value, flags);
    }

    @Override
    public int fsetxattr(int fd, byte[] name, byte[] value, int flags) {
        return set(Numbers.FSETXATTR, fd, NONE, name, value, flags);
    }

    @Override
    public int listxattr(byte[] path, byte[] into) {
        return list(Numbers.LISTXATTR, -1, path, into);
    }

    @Override
    public int llistxattr(byte[] path, byte[] into) {
        return list(Numbers.LLISTXATTR, -1, path, into);
    }

    @Override
    public int flistxattr(int fd, byte[] into) {
        return list(Numbers.FLISTXATTR, fd, NONE, into);
    }

    @Override
    public int removexattr(byte[] path, byte[] name) {
        return remove(Numbers.REMOVEXATTR, -1, path, name);
    }

    @Override
    public int lremovexattr(byte[] path, byte[] name) {
        return remove(Numbers.LREMOVEXATTR, -1, path, name);
    }

    @Override
    public int fremovexattr(int fd, byte[] name) {
        return remove(Numbers.FREMOVEXATTR, fd, NONE, name);
    }

    // in each of these a call on a descriptor has number FGET..., and a path that is not looked at

    private static int get(long number, int fd, byte[] path, byte[] name, byte[] into) {
        var error = refuse(path, name);
        if (error < 0) {
            return error;
        }
        var room = Math.min(into.length, XATTR_MAX);
        var scratch = Scratch.get(path.length + name.length + 2 + room);
        var names = put(scratch, Scratch.START, path);
        var value = put(scratch, names, name);
        var address = Scratch.address(scratch);
        var target = number == Numbers.FGETXATTR ? fd : address + Scratch.START;
        var count = call(number, target, address + names, address + value, room, 0);
        if (count > 0 && room > 0) {
            scratch.get(value, into, 0, count);
        }
        return count;
    }

    private static int set(long number, int fd, byte[] path, byte[] name, byte[] value, int flags) {
        var error = value.length > XATTR_MAX ? -Errno.E2BIG : refuse(path, name);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(path.length + name.length + 2 + value.length);
        var names = put(scratch, Scratch.START, path);
        var values = put(scratch, names, name);
        scratch.put(values, value);
        var address = Scratch.address(scratch);
        var target = number == Numbers.FSETXATTR ? fd : address + Scratch.START;
        return call(number, target, address + names, address + values, value.length, flags);
    }

    private static int list(long number, int fd, byte[] path, byte[] into) {
        var error = refuse(path);
        if (error < 0) {
            return error;
        }
        var room = Math.min(into.length, XATTR_MAX);
        var scratch = Scratch.get(path.length + 1 + room);
        var names = put(scratch, Scratch.START, path);
        var address = Scratch.address(scratch);
        var target = number == Numbers.FLISTXATTR ? fd : address + Scratch.START;
        var count = call(number, target, address + names, room);
        if (count > 0 && room > 0) {
            scratch.get(names, into, 0, count);
        }
        return count;
    }

    private static int remove(long number, int fd, byte[] path, byte[] name) {
        var error = refuse(path, name);
        if (error < 0) {
            return error;
        }
        var scratch = Scratch.get(path.length + name.length + 2);
        var names = put(scratch, Scratch.START, path);
        put(scratch, names, name);
        var address = Scratch.address(scratch);
        var target = number == Numbers.FREMOVEXATTR ? fd : address + Scratch.START;
        return call(number, target, address + names);
    }

    private static int refuse(byte[] path, byte[] name) {
        return Math.min(refuse(path), refuse(name, XATTR_NAME_MAX, Errno.ERANGE));
    }
}
