package storage.common.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import storage.api.FileNames;
import storage.api.LayerFiles;
import storage.api.StorageException;
import storage.common.tree.NodeCopy;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FdInputStream;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The regular files below one directory, for {@code Backend.files}. Leaves the directory nowhere. Links are read here and
 * not by the kernel, only where a name is not found without, and end at the root as those of the mounted tree do.
 */
public final class TreeFiles implements LayerFiles {
    /** The directories below a layer's own, while they are open. */
    public interface Lowers extends AutoCloseable {
        /** Nearest first; none for a layer that stands on nothing. */
        List<Integer> lowers() throws IOException;

        @Override
        void close();
    }

    /** Opens the directories below a layer's own. */
    @FunctionalInterface
    public interface Below {
        /** Answers them; the caller closes them. */
        Lowers open() throws IOException;
    }

    private static final long RESOLVE =
            FileCalls.RESOLVE_BENEATH | FileCalls.RESOLVE_NO_SYMLINKS | FileCalls.RESOLVE_NO_XDEV;

    /** Not blocking: opening a fifo would wait for a writer. */
    private static final int READ =
            FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC;

    private static final int LOOK = FileCalls.O_PATH | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;

    /** As many as the kernel follows, path_resolution(7). */
    private static final int MAX_LINKS = 40;

    private static final byte[] ITSELF = {};
    private static final Below NOTHING = () -> new Lowers() {
        @Override
        public List<Integer> lowers() {
            return List.of();
        }

        @Override
        public void close() {}
    };

    private final Syscalls linux;
    private final Fd root;
    private final Below below;

    /** @param root the directory of a layer that holds its whole tree; closed with this object */
    public TreeFiles(Syscalls linux, Fd root) {
        this(linux, root, NOTHING);
    }

    /**
     * @param root the directory with what the layer itself holds; closed with this object
     * @param below what it stands on, asked for when a link may be there
     */
    public TreeFiles(Syscalls linux, Fd root, Below below) {
        this.linux = linux;
        this.root = root;
        this.below = below;
    }

    @Override
    public InputStream open(String path) throws IOException {
        var names = names(path);
        var fd = find(root.number(), String.join("/", names), READ);
        if (isMissing(fd)) {
            var other = redirected(names);
            if (other.isPresent()) {
                fd = find(root.number(), other.get(), READ);
            }
        }
        if (isMissing(fd)) {
            throw missing(path);
        }
        var file = Fd.of(linux, Errno.check(fd, "openat", path));
        try {
            var stat = new Stat();
            Errno.check(linux.stat(fd, ITSELF, FileCalls.AT_EMPTY_PATH, stat), "stat", path);
            if (!stat.isRegular()) {
                throw missing(path);
            }
            return FdInputStream.owning(linux, fd);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static List<String> names(String path) throws StorageException {
        var names = new ArrayList<String>();
        for (var name : path.split("/", -1)) {
            if (name.equals("..")) {
                throw missing(path);
            }
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        if (names.isEmpty()) {
            throw missing(path);
        }
        return names;
    }

    /** A descriptor or a negative error; links are not followed. */
    private int find(int tree, String path, int flags) throws SyscallException {
        var fd = linux.openat2(tree, FileNames.encode(path), flags, 0, RESOLVE);
        return fd == -Errno.ENOSYS || fd == -Errno.EPERM ? stepByStep(tree, path, flags) : fd;
    }

    /** For kernels and sandboxes without openat2. */
    private int stepByStep(int tree, String path, int flags) throws SyscallException {
        var names = path.split("/", -1);
        var at = Fd.of(linux, Errno.check(linux.dup(tree), "dup", path));
        try {
            for (var i = 0; i < names.length - 1; i++) {
                var fd = linux.openat(at.number(), FileNames.encode(names[i]), LOOK | FileCalls.O_DIRECTORY, 0);
                if (fd < 0) {
                    return fd;
                }
                at.close();
                at = Fd.of(linux, fd);
            }
            return linux.openat(at.number(), FileNames.encode(names[names.length - 1]), flags, 0);
        } finally {
            at.close();
        }
    }

    private static boolean isMissing(int fd) {
        return switch (-fd) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV, Errno.ENXIO -> true;
            default -> false;
        };
    }

    /** Where a name leads if links on the way are followed as in the merged tree; empty if there is none. */
    private Optional<String> redirected(List<String> names) throws IOException {
        Deque<String> todo = new ArrayDeque<>(names.subList(0, names.size() - 1));
        Deque<String> done = new ArrayDeque<>();
        var links = 0;
        try (var lowers = below.open()) {
            while (!todo.isEmpty()) {
                var name = todo.pop();
                if (name.equals("..")) {
                    done.pollLast();
                    continue;
                }
                done.addLast(name);
                var link = link(String.join("/", done), lowers.lowers());
                if (link.isEmpty()) {
                    continue;
                }
                if (++links > MAX_LINKS) {
                    return Optional.empty();
                }
                done.removeLast();
                follow(link.get(), todo, done);
            }
        }
        done.addLast(names.get(names.size() - 1));
        return links == 0 ? Optional.empty() : Optional.of(String.join("/", done));
    }

    private static void follow(String link, Deque<String> todo, Deque<String> done) {
        if (link.startsWith("/")) {
            done.clear();
        }
        var names = link.split("/", -1);
        for (var i = names.length - 1; i >= 0; i--) {
            if (!names[i].isEmpty() && !names[i].equals(".")) {
                todo.push(names[i]);
            }
        }
    }

    /** The target of a link in the uppermost tree that has something of that name. */
    private Optional<String> link(String path, List<Integer> lowers) throws SyscallException {
        for (var i = -1; i < lowers.size(); i++) {
            var fd = find(i < 0 ? root.number() : lowers.get(i), path, LOOK);
            if (fd < 0) {
                continue;
            }
            try (var found = Fd.of(linux, fd)) {
                var stat = new Stat();
                Errno.check(linux.stat(found.number(), ITSELF, FileCalls.AT_EMPTY_PATH, stat), "stat", path);
                return stat.isSymlink()
                        ? Optional.of(FileNames.decode(NodeCopy.readLink(linux, found.number(), ITSELF)))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static StorageException missing(String path) {
        return StorageException.of(StorageException.Kind.NOT_FOUND, "The layer itself holds no regular file " + path);
    }

    @Override
    public void close() {
        root.close();
    }
}
