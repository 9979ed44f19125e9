package storage.aufs.fake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.FsMagic;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.linux.StatFs;
import storage.linux.Syscalls;

/**
 * A kernel that has aufs, as far as the driver can tell. Unions are overlays on copies of the branches in overlay's form; what
 * was written comes back to the branch in aufs's form when the union is unmounted, or when somebody opens the branch while it
 * is mounted. Its state lies on disk, so that another process with the same fake can go on.
 *
 * <p>It refuses what the real one refuses: options of a page or more, options and permissions that it does not know, branches
 * that are not there or are there twice, too many of them in all (ENOSPC) or in one call (E2BIG).
 */
public final class FakeAufs {
    /** More options than that do not fit in the page that the module parses them into. */
    private static final int OPTIONS_A_CALL = 85;

    private static final Object LOCK = new Object();

    /**
     * How the module was built.
     *
     * @param branches the most in a union
     * @param dirperm1 whether it knows the option of that name
     */
    public record Build(int branches, boolean dirperm1) {
        public static final Build USUAL = new Build(127, true);
    }

    private final Syscalls calls;
    private final Build build;

    private FakeAufs(Syscalls calls, Build build) {
        this.calls = calls;
        this.build = build;
    }

    /** The same kernel with aufs. */
    public static Syscalls around(Syscalls calls, Build build) {
        var fake = new FakeAufs(calls, build);
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(),
                new Class<?>[] {Syscalls.class},
                (proxy, method, arguments) -> fake.invoke(method, arguments));
    }

    private Object invoke(Method method, Object[] a) throws Throwable {
        try {
            return switch (method.getName()) {
                case "mount" ->
                    FileNames.decode((byte[]) a[2]).equals("aufs")
                            ? (Object) mount((byte[]) a[1], (long) a[3], (byte[]) a[4])
                            : pass(method, a);
                case "umount2" -> unmount((byte[]) a[0], (int) a[1]);
                case "statfs" -> statfs((byte[]) a[0], (StatFs) a[1]);
                case "openat" -> {
                    showWhatWasWritten((int) a[0], (byte[]) a[1], (int) a[2]);
                    yield pass(method, a);
                }
                default -> pass(method, a);
            };
        } catch (UncheckedIOException e) {
            throw new AssertionError("The fake failed", e);
        }
    }

    private Object pass(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(calls, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** A path as the calling thread means it. */
    private static Path absolute(byte[] path) throws IOException {
        var text = FileNames.decode(path);
        return text.startsWith("/")
                ? PathBytes.path(text).normalize()
                : Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"))
                        .resolve(text)
                        .normalize();
    }

    private int mount(byte[] target, long flags, byte[] data) throws IOException {
        if (data.length >= calls.pageSize()) {
            return -Errno.E2BIG;
        }
        synchronized (LOCK) {
            var at = absolute(target);
            var union = new FakeUnion(calls, at);
            var remount = (flags & MountCalls.MS_REMOUNT) != 0;
            if (!Files.isDirectory(at)) {
                return -Errno.ENOENT;
            }
            var branches = new ArrayList<String>();
            var refused = parse(FileNames.decode(data), remount, branches);
            if (refused != 0) {
                return refused;
            }
            if (remount) {
                return union.isThere() ? append(union, branches) : -Errno.EINVAL;
            }
            if (union.isThere()) {
                return -Errno.EBUSY;
            }
            var readOnly =
                    (flags & MountCalls.MS_RDONLY) != 0 || !branches.get(0).endsWith("=rw");
            return branches.size() > build.branches() ? -Errno.ENOSPC : union.mount(branches, readOnly);
        }
    }

    private int append(FakeUnion union, List<String> more) throws IOException {
        var branches = union.branches();
        for (var branch : more) {
            // one that is there already is passed over in a remount
            if (!branches.contains(branch)) {
                branches.add(branch);
            }
        }
        return branches.size() > build.branches() ? -Errno.ENOSPC : union.remount(branches);
    }

    /** Takes the options apart; 0 or the error that the kernel answers. */
    private int parse(String data, boolean remount, List<String> branches) throws IOException {
        var options = data.split(",", -1);
        for (var option : options) {
            var result = option(option, remount, branches);
            if (result != 0) {
                return result;
            }
        }
        if (branches.isEmpty()) {
            return -Errno.EINVAL;
        }
        // each branch is one, whether "br:" lists it or an "append:" of its own names it
        var count = remount ? options.length : options.length - 1 + branches.size();
        return count > OPTIONS_A_CALL ? -Errno.E2BIG : 0;
    }

    private int option(String option, boolean remount, List<String> branches) throws IOException {
        if (option.isEmpty() || option.equals("dio") && !remount) {
            return 0;
        }
        if (option.startsWith("append:") && remount) {
            return branch(option.substring(7), branches);
        }
        if (option.startsWith("br:") && !remount) {
            for (var branch : option.substring(3).split(":", -1)) {
                var result = branch(branch, branches);
                if (result != 0) {
                    return result;
                }
            }
            return 0;
        }
        if (option.startsWith("xino=") && !remount) {
            return Files.isDirectory(Path.of(option.substring(5)).getParent()) ? 0 : -Errno.ENOENT;
        }
        return option.equals("dirperm1") && build.dirperm1() && !remount ? 0 : -Errno.EINVAL;
    }

    private static int branch(String option, List<String> branches) throws IOException {
        var equals = option.indexOf('=');
        if (equals < 0 || !List.of("rw", "ro+wh").contains(option.substring(equals + 1))) {
            return -Errno.EINVAL;
        }
        var path = absolute(FileNames.encode(option.substring(0, equals)));
        if (!Files.isDirectory(path)) {
            return -Errno.EINVAL; // whatever the lookup has said
        }
        var branch = PathBytes.text(path) + option.substring(equals);
        if (branches.contains(branch)) {
            return -Errno.EINVAL;
        }
        branches.add(branch);
        return 0;
    }

    private int unmount(byte[] target, int flags) throws IOException {
        synchronized (LOCK) {
            var union = new FakeUnion(calls, absolute(target));
            var result = calls.umount2(target, flags);
            if (result == 0 && union.isThere()) {
                union.end();
            }
            return result;
        }
    }

    private int statfs(byte[] path, StatFs into) throws IOException {
        var result = calls.statfs(path, into);
        if (result == 0 && into.type == FsMagic.OVERLAY && new FakeUnion(calls, absolute(path)).isThere()) {
            into.type = FsMagic.AUFS;
        }
        return result;
    }

    /** A real branch is where the writing goes; here it is brought over before it is looked at. */
    private void showWhatWasWritten(int dirfd, byte[] path, int flags) throws IOException {
        if (dirfd != FileCalls.AT_FDCWD || (flags & FileCalls.O_DIRECTORY) == 0 || path[0] != '/') {
            return;
        }
        var folder = absolute(path);
        if (folder.getNameCount() > 2 && folder.getParent().endsWith("aufs/diff")) {
            synchronized (LOCK) {
                var at = folder.getParent().resolveSibling("mnt").resolve(folder.getFileName());
                var union = new FakeUnion(calls, at);
                if (union.isThere()) {
                    union.writeBack();
                }
            }
        }
    }
}
