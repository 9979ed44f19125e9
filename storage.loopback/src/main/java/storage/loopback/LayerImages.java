package storage.loopback;

import java.io.IOException;
import java.util.OptionalLong;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.block.BlockFilesystem;
import storage.common.block.BlockMount;
import storage.common.block.DetachedMount;
import storage.common.io.HomeFiles;
import storage.common.tree.FileCopy;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The image files: one a layer, sparse, with a filesystem whose folder {@value #ROOT} is the layer's tree. An image is
 * made under another name and renamed when it is whole.
 */
final class LayerImages {
    /** In the filesystem, so that what mkfs puts at the top ({@code lost+found}) is no part of the layer. */
    static final String ROOT = "rootfs";

    static final String IMAGE = "image";
    static final String UNFINISHED = "image.tmp";

    /** What is deleted takes no space in the backing file any more. */
    static final String DISCARD = "discard";

    private final Syscalls linux;
    private final HomeFiles files;
    private final KernelLoopDevices devices;
    private final Templates templates;

    LayerImages(Syscalls linux, HomeFiles files, KernelLoopDevices devices, Templates templates) {
        this.linux = linux;
        this.templates = templates;
        this.files = files;
        this.devices = devices;
    }

    /** A layer's image, relative to the home. */
    static String image(LayerId id) {
        return id + "/" + IMAGE;
    }

    private static String unfinished(LayerId id) {
        return id + "/" + UNFINISHED;
    }

    /** Makes an empty layer. Its folder is there. */
    void make(LayerId id, BlockFilesystem filesystem, long size) throws IOException {
        try (var from = templates.open(filesystem, size);
                var to = create(id)) {
            new FileCopy(linux).content(from.number(), to.number(), stat(from, image(id)));
            finish(to, id);
        }
    }

    /** Makes a layer that is what another one is; what that one is must not change meanwhile. */
    void copy(LayerId parent, LayerId id, OptionalLong size) throws IOException {
        try (var from = open(parent, FileCalls.O_RDONLY);
                var to = create(id)) {
            var stat = stat(from, image(parent));
            refuseShrinking(parent, stat.size, size);
            new FileCopy(linux).content(from.number(), to.number(), stat);
            if (size.isPresent() && size.getAsLong() > stat.size) {
                grow(to, id, size.getAsLong());
            }
            finish(to, id);
        }
    }

    private void grow(Fd file, LayerId id, long size) throws IOException {
        Errno.check(linux.ftruncate(file.number(), size), "ftruncate", files.text(unfinished(id)));
        var filesystem = filesystem(file, unfinished(id));
        try (var top = mount(id, unfinished(id), filesystem, "")) {
            filesystem.grow(linux, top.number(), size);
            Errno.check(linux.syncfs(top.number()), "syncfs", image(id));
            return;
        } catch (SyscallException e) {
            if (e.errno() != Errno.EPERM) {
                throw e;
            }
        }
        if (!filesystem.growUnmounted(file.number())) {
            throw StorageException.of(
                    Kind.PERMISSION,
                    "This process may not grow " + filesystem.type(),
                    "Give it the capability CAP_SYS_RESOURCE, or install resize2fs");
        }
    }

    private static void refuseShrinking(LayerId parent, long is, OptionalLong wanted) throws StorageException {
        if (wanted.isPresent() && wanted.getAsLong() < is) {
            throw StorageException.of(
                    Kind.INVALID,
                    "A size of " + wanted.getAsLong() + " bytes is less than the " + is + " that layer " + parent
                            + " has: layers only grow",
                    "Give at least " + is + ", or leave the size out");
        }
    }

    private Fd create(LayerId id) throws IOException {
        files.unlink(unfinished(id)); // of an attempt before
        var flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL;
        return Fd.open(linux, FileCalls.AT_FDCWD, files.text(unfinished(id)), flags, 0600);
    }

    /** The image is on disk before it has its name. */
    private void finish(Fd file, LayerId id) throws IOException {
        Errno.check(linux.fsync(file.number()), "fsync", files.text(unfinished(id)));
        files.rename(unfinished(id), image(id));
        try (var folder = files.open(id.value())) {
            Errno.check(linux.fsync(folder.number()), "fsync", files.text(id.value()));
        }
    }

    /** Opens a layer's image. */
    Fd open(LayerId id, int flags) throws IOException {
        return Fd.open(linux, FileCalls.AT_FDCWD, files.text(image(id)), flags | FileCalls.O_NOFOLLOW, 0);
    }

    /** How large a layer's image is, and what it takes. */
    Stat stat(Fd image, String name) throws IOException {
        var stat = new Stat();
        var result = linux.stat(image.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat);
        Errno.check(result, "stat", files.text(name));
        return stat;
    }

    /** The filesystem of an image. */
    BlockFilesystem filesystem(Fd image, String name) throws IOException {
        return BlockFilesystem.of(linux, image.number())
                .orElseThrow(() -> StorageException.of(
                        Kind.DAMAGED,
                        "The image " + files.text(name) + " holds neither ext4 nor xfs",
                        "Remove the layer, and import the image again"));
    }

    /** What to mount of a layer, while its device is held. */
    BlockMount mounting(LayerId id, HeldDevice device, boolean readOnly, String label) throws IOException {
        try (var image = open(id, FileCalls.O_RDONLY)) {
            var filesystem = filesystem(image, image(id));
            return new BlockMount(
                    device.path().toString(),
                    filesystem,
                    readOnly,
                    filesystem.mountOptions(true, readOnly ? "" : DISCARD, label));
        }
    }

    /**
     * Opens a layer's tree where nobody sees it, as it is to be mounted later: two mounts of one device agree on whether
     * it is written to.
     */
    Fd view(LayerId id, boolean readOnly) throws IOException {
        try (var device = devices.hold(files.path(image(id)), false)) {
            return DetachedMount.open(linux, mounting(id, device, readOnly, ""), files.path(id.value()), ROOT);
        }
    }

    /** Opens a layer's tree beside a process that may be writing to it: the image is not changed in any way. */
    Fd glimpse(LayerId id) throws IOException {
        try (var device = devices.hold(files.path(image(id)), true);
                var image = open(id, FileCalls.O_RDONLY)) {
            var filesystem = filesystem(image, image(id));
            var mount =
                    new BlockMount(device.path().toString(), filesystem, true, filesystem.mountOptions(false, "", ""));
            return DetachedMount.open(linux, mount, files.path(id.value()), ROOT);
        }
    }

    private Fd mount(LayerId id, String image, BlockFilesystem filesystem, String folder) throws IOException {
        try (var device = devices.hold(files.path(image), false)) {
            var mount = new BlockMount(
                    device.path().toString(), filesystem, false, filesystem.mountOptions(true, DISCARD, ""));
            return DetachedMount.open(linux, mount, files.path(id.value()), folder);
        }
    }
}
