package storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.ProcFd;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The SELinux label of a layer. Where nothing is mounted, no mount can carry it: every file of the layer gets it, as the
 * engine does it, which writes every inode.
 */
final class SecurityLabel {
    private static final byte[] NAME = FileNames.encode("security.selinux");

    /** There while SELinux is, selinux(8). */
    private static final Path SELINUX = Path.of("/sys/fs/selinux/booleans");

    private final Syscalls linux;

    SecurityLabel(Syscalls linux) {
        this.linux = linux;
    }

    /** Whether there is SELinux. */
    static boolean isPossible() {
        return Files.isDirectory(SELINUX);
    }

    /** @throws StorageException NOT_SUPPORTED for a label where there is no SELinux */
    static void refuseWithoutSelinux(String label) throws StorageException {
        if (!label.isEmpty() && !isPossible()) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "No layer can carry the security label " + label + ": SELinux is not active here",
                    "Leave the label out");
        }
    }

    /** Whether the root of a layer has the label, and so everything in it that was there when it got it. */
    boolean isOn(Fd layer, String label) {
        var value = new byte[label.length() + 2];
        var length = linux.fgetxattr(layer.number(), NAME, value);
        // with a zero at the end or without
        return length > 0
                && Arrays.equals(
                        FileNames.encode(label), Arrays.copyOf(value, value[length - 1] == 0 ? length - 1 : length));
    }

    /** Labels a layer: what is in it first, so that a root with the label stands for all. */
    void put(Fd layer, String label) throws IOException {
        var value = FileNames.encode(label);
        try (var stack = new DirStack(linux, layer.number())) {
            Deque<Deque<Listing.Item>> levels = new ArrayDeque<>();
            levels.push(new ArrayDeque<>(Arrays.asList(Listing.read(linux, layer.number()))));
            while (!levels.isEmpty()) {
                var item = levels.peek().poll();
                if (item == null) {
                    levels.pop();
                    if (!levels.isEmpty()) {
                        stack.pop();
                    }
                    continue;
                }
                set(stack.fd(), item.name(), value);
                if (item.type() == Listing.DIRECTORY && stack.push(item.name()) == 0) {
                    levels.push(new ArrayDeque<>(Arrays.asList(Listing.read(linux, stack.fd()))));
                }
            }
        }
        Errno.check(linux.fsetxattr(layer.number(), NAME, value, 0), "fsetxattr security.selinux", "");
    }

    private void set(int directory, byte[] name, byte[] value) throws SyscallException {
        var folder = ProcFd.path(directory);
        var path = Arrays.copyOf(folder, folder.length + 1 + name.length);
        path[folder.length] = '/';
        System.arraycopy(name, 0, path, folder.length + 1, name.length);
        var result = linux.lsetxattr(path, NAME, value, 0);
        if (result != -Errno.ENOENT) {
            Errno.check(result, "lsetxattr security.selinux", FileNames.decode(name));
        }
    }
}
