package storage.common.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.tree.TreeRemoval;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.ProcFd;
import storage.linux.ProcessMask;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The files and folders of a driver's layout, named by paths relative to its home. They are few and small; what lies
 * inside the layers' trees is not touched here.
 */
public final class HomeFiles implements AutoCloseable {
    /** What most files fit in, in bytes: 128 short names take 3,711. */
    private static final int USUAL = 1 << 13;

    /** The largest file that is read, in bytes: a thousand ids of 128 characters. */
    private static final int LIMIT = 1 << 17;

    private static final byte[] HERE = FileNames.encode(".");
    private static final byte[] DEFAULT_ACL = FileNames.encode("system.posix_acl_default");

    private final Syscalls linux;
    private final Path home;
    private final String text;
    private final byte[] prefix;
    private final IdMaps ids;
    private final int uid;
    private final int gid;

    /** For reading and writing: direct memory is dear to make. */
    private final Queue<ByteBuffer> buffers = new ArrayBlockingQueue<>(4);

    /** The home; null until it is {@linkplain #hold held}. */
    private volatile Fd held;

    /** The permission bits that new files may lack. */
    private volatile int masked = 0777;

    /** Known once it was asked for, and a home does not move. */
    private volatile String realHome;

    public HomeFiles(Syscalls linux, Path home, IdMaps ids) {
        this.linux = linux;
        this.home = home;
        this.text = PathBytes.text(home) + "/";
        this.prefix = FileNames.encode(text);
        this.ids = ids;
        this.uid = linux.geteuid();
        this.gid = linux.getegid();
    }

    /** What to say of a home that cannot be read. */
    public static StorageException unreadable(StoreInfo info, IOException e) {
        if (e instanceof StorageException told) {
            return told;
        }
        var kind = e instanceof SyscallException call ? Errno.kind(call.errno()) : StorageException.Kind.IO;
        return StorageException.of(
                        kind, "The home " + info.home() + " cannot be read: " + e.getMessage(), "Run as root")
                .causedBy(e);
    }

    public Path home() {
        return home;
    }

    public IdMaps ids() {
        return ids;
    }

    /** The layers: folders whose name could be one's. */
    public Set<LayerId> layers() throws IOException {
        var layers = new HashSet<LayerId>();
        for (var name : folders("")) {
            if (LayerId.isValid(name)) {
                layers.add(new LayerId(name));
            }
        }
        return layers;
    }

    public Path path(String relative) {
        return home.resolve(relative);
    }

    /** The absolute path as text in the convention of {@link FileNames}, whatever the locale. */
    public String text(String relative) {
        return text + relative;
    }

    /** The absolute path as the kernel takes it. */
    public byte[] bytes(String relative) {
        var name = FileNames.encode(relative);
        var path = Arrays.copyOf(prefix, prefix.length + name.length);
        System.arraycopy(name, 0, path, prefix.length, name.length);
        return path;
    }

    private int at() {
        var open = held;
        return open == null ? FileCalls.AT_FDCWD : open.number();
    }

    /** The path from {@link #at}. */
    private byte[] name(String relative) {
        if (held == null) {
            return bytes(relative);
        }
        return relative.isEmpty() ? HERE : FileNames.encode(relative);
    }

    /**
     * Keeps the home open from now on, so that calls need no path to it. The home is there, and ours to write to.
     */
    public void hold() throws IOException {
        held = openAnew();
        // an inherited access control list takes the place of the mask
        if (linux.fgetxattr(held.number(), DEFAULT_ACL, new byte[0]) < 0) {
            masked = ProcessMask.current();
        }
    }

    /** Whether files that are made with a mode may not have it. */
    private boolean isMasked(int mode) {
        return (mode & masked) != 0;
    }

    @Override
    public void close() {
        if (held != null) {
            held.close();
        }
    }

    /** The path as the mount table has it: without symbolic links. */
    public String mountPoint(String relative) throws IOException {
        var real = realHome;
        if (real == null) {
            try (var fd = openHome()) {
                real = ProcFd.target(linux, fd.number()) + "/";
            }
            realHome = real;
        }
        return real + relative;
    }

    /** Looks at a file, not following a symbolic link; empty if there is none. */
    public Optional<Stat> stat(String relative) throws IOException {
        var stat = new Stat();
        var result = linux.stat(at(), name(relative), FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            return Optional.empty();
        }
        check(result, "stat", relative);
        return Optional.of(stat);
    }

    public boolean exists(String relative) throws IOException {
        return stat(relative).isPresent();
    }

    public boolean isFolder(String relative) throws IOException {
        return stat(relative).map(Stat::isDirectory).orElse(false);
    }

    /** Makes a folder that is root's as the layers see it. */
    public void makeFolder(String relative, int mode) throws IOException {
        makeFolder(relative, mode, ids.rootUid(), ids.rootGid());
    }

    /** Makes the folder of a layer: the group, which is root's as the layers see it, may pass through. */
    public void makeLayerFolder(String relative) throws IOException {
        makeFolder(relative, 0710, uid, ids.rootGid());
    }

    private void makeFolder(String relative, int mode, long user, long group) throws IOException {
        var path = name(relative);
        check(linux.mkdirat(at(), path, mode), "mkdirat", relative);
        if (isMasked(mode)) {
            check(linux.fchmodat(at(), path, mode), "fchmodat", relative);
        }
        own(relative, user, group);
    }

    /** Gives a file to an owner, if it is not its maker's anyway. */
    public void own(String relative, long user, long group) throws IOException {
        if (user != uid || group != gid) {
            var result = linux.fchownat(at(), name(relative), (int) user, (int) group, FileCalls.AT_SYMLINK_NOFOLLOW);
            check(result, "fchownat", relative);
        }
    }

    /** Changes the permission bits of a file or folder of the layout. */
    public void mode(String relative, int mode) throws IOException {
        check(linux.fchmodat(at(), name(relative), mode), "fchmodat", relative);
    }

    /** Reads a small file; empty if there is none. */
    public Optional<String> read(String relative) throws IOException {
        var number = linux.openat(
                at(),
                name(relative),
                FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC,
                0);
        if (number == -Errno.ENOENT || number == -Errno.ENOTDIR) {
            return Optional.empty();
        }
        try (var fd = Fd.of(linux, check(number, "openat", relative))) {
            var buffer = buffer(USUAL);
            try {
                check(linux.read(fd.number(), buffer), "read", relative);
                // a file that leaves room has no more: what reads of files are short of is at their end
                while (!buffer.hasRemaining() && buffer.capacity() < LIMIT) {
                    buffer = ByteBuffer.allocateDirect(LIMIT).put(buffer.flip());
                    check(linux.read(fd.number(), buffer), "read", relative);
                }
                return Optional.of(
                        StandardCharsets.ISO_8859_1.decode(buffer.flip()).toString());
            } finally {
                giveBack(buffer);
            }
        }
    }

    private ByteBuffer buffer(int size) {
        if (size > USUAL) {
            return ByteBuffer.allocateDirect(size);
        }
        var buffer = buffers.poll();
        return buffer == null ? ByteBuffer.allocateDirect(USUAL) : buffer.clear();
    }

    private void giveBack(ByteBuffer buffer) {
        if (buffer.capacity() == USUAL) {
            buffers.offer(buffer);
        }
    }

    /**
     * Writes a file that is not there yet. ASCII. Not synced: what the layout says is said by the layer's record as well,
     * which is, and a check rebuilds it from there.
     */
    public void write(String relative, String content, int mode) throws IOException {
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC;
        var number = linux.openat(at(), name(relative), flags, mode);
        try (var fd = Fd.of(linux, check(number, "openat", relative))) {
            if (isMasked(mode)) {
                check(linux.fchmod(fd.number(), mode), "fchmod", relative);
            }
            if (content.isEmpty()) {
                return;
            }
            var buffer = buffer(content.length());
            try {
                buffer.put(content.getBytes(StandardCharsets.US_ASCII)).flip();
                while (buffer.hasRemaining()) {
                    check(linux.write(fd.number(), buffer), "write", relative);
                }
            } finally {
                giveBack(buffer);
            }
        }
    }

    /** Writes a file, whole or not at all, in place of one that may be there. ASCII. */
    public void replace(String relative, String content, int mode) throws IOException {
        AtomicFile.write(path(relative), content.getBytes(StandardCharsets.US_ASCII), mode);
    }

    /** Makes a symbolic link. */
    public void link(String target, String relative) throws IOException {
        check(linux.symlinkat(FileNames.encode(target), at(), name(relative)), "symlinkat", relative);
    }

    /** Where a symbolic link points to; empty if there is none. */
    public Optional<String> linkTarget(String relative) throws IOException {
        var target = new byte[4096];
        var length = linux.readlinkat(at(), name(relative), target);
        if (length == -Errno.ENOENT || length == -Errno.EINVAL || length == -Errno.ENOTDIR) {
            return Optional.empty();
        }
        return Optional.of(FileNames.decode(target, 0, check(length, "readlinkat", relative)));
    }

    /** The home itself, for calls relative to it; to be closed, which may leave it open for others. */
    public Fd openHome() throws SyscallException {
        var open = held;
        return open == null ? openAnew() : Fd.lent(linux, open.number());
    }

    /** A home may be a symbolic link. */
    private Fd openAnew() throws SyscallException {
        return Fd.open(linux, FileCalls.AT_FDCWD, text, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, 0);
    }

    /** Opens a folder for calls relative to it. */
    public Fd open(String relative) throws SyscallException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        return Fd.of(linux, check(linux.openat(at(), name(relative), flags, 0), "openat", relative));
    }

    /** The names in a folder that are folders themselves; none if it is not there. */
    public List<String> folders(String relative) throws IOException {
        return names(relative, DirectoryStream.DT_DIR);
    }

    /** All names in a folder; none if it is not there. */
    public List<String> names(String relative) throws IOException {
        return names(relative, DirectoryStream.DT_UNKNOWN);
    }

    /** The names in a folder that are symbolic links; none if it is not there. */
    public List<String> links(String relative) throws IOException {
        return names(relative, DirectoryStream.DT_LNK);
    }

    /** @param type DT_UNKNOWN for any */
    private List<String> names(String relative, int type) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var number = linux.openat(at(), name(relative), flags, 0);
        if (number == -Errno.ENOENT || number == -Errno.ENOTDIR) {
            return List.of();
        }
        var names = new ArrayList<String>();
        try (var fd = Fd.of(linux, check(number, "openat", relative))) {
            var entries = new DirectoryStream(linux, fd.number());
            while (entries.next()) {
                var name = FileNames.decode(entries.name());
                if (type == DirectoryStream.DT_UNKNOWN
                        || entries.type() == type
                        || entries.type() == DirectoryStream.DT_UNKNOWN && isType(relative, name, type)) {
                    names.add(name);
                }
            }
        }
        Collections.sort(names);
        return names;
    }

    /** For filesystems that do not tell the type with the name. */
    private boolean isType(String folder, String name, int type) throws IOException {
        var stat = stat(folder.isEmpty() ? name : folder + "/" + name);
        return stat.isPresent()
                && (type == DirectoryStream.DT_DIR
                        ? stat.get().isDirectory()
                        : stat.get().isSymlink());
    }

    /** Renames within the home. */
    public void rename(String from, String to) throws IOException {
        check(linux.renameat2(at(), name(from), at(), name(to), 0), "renameat2", from);
    }

    /** Removes one file or link; what is not there is no error. */
    public void unlink(String relative) throws IOException {
        var result = linux.unlinkat(at(), name(relative), 0);
        if (result != -Errno.ENOENT && result != -Errno.ENOTDIR) {
            check(result, "unlinkat", relative);
        }
    }

    /** Removes an empty folder and answers the kernel's result. */
    public int removeFolder(String relative) {
        return linux.unlinkat(at(), name(relative), FileCalls.AT_REMOVEDIR);
    }

    /** Removes a file or folder with everything in it; what is not there is no error. */
    public void removeTree(String relative) throws IOException {
        var slash = relative.lastIndexOf('/');
        var folder = slash < 0 ? "" : relative.substring(0, slash);
        if (!folder.isEmpty() && !exists(folder)) {
            return;
        }
        try (var fd = open(folder)) {
            TreeRemoval.remove(linux, fd.number(), FileNames.encode(relative.substring(slash + 1)));
        }
    }

    private int check(int result, String call, String relative) throws SyscallException {
        return result < 0 ? Errno.check(result, call, text(relative)) : result;
    }
}
