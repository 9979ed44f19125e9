package storage.docker.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * The socket's file, from nothing to nothing. Whoever can write to it can do with the layers what root can, so it is bound
 * in a folder that nobody else can enter, made 0600 there, and only then moved to its place: it is never there with another
 * mode. A stale one gives way in the same moment; a living one is refused. The folder's lock orders those who come at once.
 */
final class SocketFile {
    /** {@code sun_path} without its zero byte, unix(7). */
    private static final int LONGEST = 107;

    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final String BOUND = "s";

    private final Syscalls linux;
    private final Path path;
    private final Path nest;
    private Object inode;

    private SocketFile(Syscalls linux, Path path, Path nest) {
        this.linux = linux;
        this.path = path;
        this.nest = nest;
    }

    /** Where to bind; {@link #publish} has to follow, or {@link #discard}. */
    static SocketFile prepare(Syscalls linux, Path path) throws IOException {
        var folder = path.getParent();
        makeFolder(folder);
        checkFolder(folder);
        var file = new SocketFile(
                linux, path, folder.resolve("." + ProcessHandle.current().pid()));
        checkLength(path);
        checkLength(file.bound());
        file.refuseLiving();
        file.discard();
        Files.createDirectory(file.nest, mode("rwx------"));
        return file;
    }

    private static FileAttribute<?> mode(String text) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
    }

    /** The engine makes its own folder with this mode. */
    private static void makeFolder(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            Files.createDirectories(folder, mode("rwx--x--x"));
        }
    }

    private static void checkFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw StorageException.of(
                    Kind.INVALID, "The socket's folder " + folder + " is no folder", "Put the socket into one");
        }
        var owner = (Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        var bits = (Integer) Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        var self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (owner != 0 && !owner.equals(self) || (bits & GROUP_OR_OTHERS_WRITE) != 0) {
            throw StorageException.of(
                    Kind.PERMISSION,
                    "Others can write to the socket's folder " + folder
                            + ", and could put a socket of theirs in its place",
                    "Run 'chmod go-w' and 'chown root' on it, or choose another folder");
        }
    }

    private static void checkLength(Path path) throws StorageException {
        var length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The path " + path + " has " + length + " bytes, and a socket's has " + LONGEST + " at most",
                    "Choose a shorter one");
        }
    }

    /** Where the server binds. */
    Path bound() {
        return nest.resolve(BOUND);
    }

    /** Puts the bound socket into its place. */
    void publish() throws IOException {
        Files.setPosixFilePermissions(bound(), PosixFilePermissions.fromString("rw-------"));
        var folder = PathBytes.text(path.getParent());
        try (var fd = Fd.directory(linux, folder)) {
            Errno.check(linux.flock(fd.number(), Syscalls.LOCK_EX), "flock", folder);
            refuseLiving();
            inode = inode(bound());
            Files.move(bound(), path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        discard();
    }

    private void refuseLiving() throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var bits = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((bits & Stat.S_IFMT) != Stat.S_IFSOCK) {
            throw StorageException.of(
                    Kind.INVALID, path + " is there already and is no socket", "Move it away, or choose another path");
        }
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            throw StorageException.of(
                    Kind.IN_USE,
                    "Another process serves the socket " + path,
                    "Stop it first, or serve a plugin of another name");
        } catch (ConnectException | NoSuchFileException e) {
            // nobody is behind it
        } catch (SocketException e) {
            throw StorageException.of(
                            Kind.IN_USE,
                            "The socket " + path + " is not free: " + e.getMessage(),
                            "Choose another path")
                    .causedBy(e);
        }
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    /** Takes the socket away, if it is ours still: from now on nobody finds it. */
    void remove() throws IOException {
        try {
            if (inode != null && inode.equals(inode(path))) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            // somebody was faster
        }
        discard();
    }

    /** Takes the folder of the binding away. */
    void discard() throws IOException {
        Files.deleteIfExists(bound());
        Files.deleteIfExists(nest);
    }
}
