package storage.loopback;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import storage.api.FileNames;
import storage.api.StoreInfo;
import storage.common.block.BlockFilesystem;
import storage.common.block.BlockMount;
import storage.common.block.DetachedMount;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFolder;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/**
 * Images of empty layers, made by mkfs once for each filesystem and size and copied ever after: mkfs.xfs alone writes 64 MiB of
 * zeros. They lie in {@code ROOT/storage/loopback/templates} and can be removed at any time.
 */
final class Templates {
    private static final int ROOT_MODE = 0755;
    private static final int PIECE = 1 << 20;

    /** Pieces of this size are freed if they are zero: a page. */
    private static final int GRAIN = 4096;

    private final Syscalls linux;
    private final StoreInfo info;
    private final KernelLoopDevices devices;
    private final Path folder;

    Templates(Syscalls linux, StoreInfo info, KernelLoopDevices devices) {
        this.linux = linux;
        this.info = info;
        this.devices = devices;
        this.folder = info.state().resolve("templates");
    }

    /** Opens the image of an empty layer for reading. */
    synchronized Fd open(BlockFilesystem filesystem, long size) throws IOException {
        var owner = info.idMaps().rootUid() + "-" + info.idMaps().rootGid();
        var file = folder.resolve(filesystem.type() + "-" + size + "-" + owner);
        if (!Files.exists(file)) {
            make(file, filesystem, size);
        }
        return Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(file), FileCalls.O_RDONLY, 0);
    }

    private void make(Path file, BlockFilesystem filesystem, long size) throws IOException {
        HomeFolder.ensure(linux, folder, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
        var unfinished = folder.resolve("." + file.getFileName() + ".tmp");
        Files.deleteIfExists(unfinished);
        var flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL;
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, PathBytes.text(unfinished), flags, 0600)) {
            Errno.check(linux.ftruncate(fd.number(), size), "ftruncate", unfinished.toString());
            filesystem.make(fd.number(), List.of());
            free(fd, size);
            makeRoot(unfinished, filesystem);
            Errno.check(linux.fsync(fd.number()), "fsync", unfinished.toString());
        }
        AtomicFile.rename(unfinished, file);
        AtomicFile.syncFolder(folder);
    }

    private void makeRoot(Path image, BlockFilesystem filesystem) throws IOException {
        try (var device = devices.hold(image, false);
                var top = DetachedMount.open(linux, mount(device, filesystem), folder, "")) {
            var name = FileNames.encode(LayerImages.ROOT);
            Errno.check(linux.mkdirat(top.number(), name, ROOT_MODE), "mkdirat", LayerImages.ROOT);
            var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY;
            try (var root = Fd.open(linux, top.number(), LayerImages.ROOT, flags, 0)) {
                var ids = info.idMaps();
                var owned = linux.fchown(root.number(), (int) ids.rootUid(), (int) ids.rootGid());
                Errno.check(owned, "fchown", LayerImages.ROOT);
                Errno.check(linux.fchmod(root.number(), ROOT_MODE), "fchmod", LayerImages.ROOT);
                Errno.check(linux.syncfs(root.number()), "syncfs", LayerImages.ROOT);
            }
        }
    }

    private static BlockMount mount(HeldDevice device, BlockFilesystem filesystem) throws IOException {
        var options = filesystem.mountOptions(true, LayerImages.DISCARD, "");
        return new BlockMount(device.path().toString(), filesystem, false, options);
    }

    /** Makes holes of the zeros that mkfs has written: every child would copy them. */
    private void free(Fd file, long size) throws IOException {
        var piece = ByteBuffer.allocateDirect(PIECE);
        for (var at = 0L; at < size; ) {
            var data = linux.lseek(file.number(), at, FileCalls.SEEK_DATA);
            if (data < 0) {
                return; // no more, or a filesystem that does not tell
            }
            piece.clear();
            var start = data / GRAIN * GRAIN;
            var count = Errno.check(linux.pread(file.number(), piece, start), "pread", "a template");
            for (var from = 0; from + GRAIN <= count; ) {
                var to = from;
                while (to + GRAIN <= count && isZero(piece, to)) {
                    to += GRAIN;
                }
                if (to > from) {
                    var mode = FileCalls.FALLOC_FL_PUNCH_HOLE | FileCalls.FALLOC_FL_KEEP_SIZE;
                    if (linux.fallocate(file.number(), mode, start + from, to - from) < 0) {
                        return; // a filesystem without holes
                    }
                }
                from = to + GRAIN;
            }
            at = start + Math.max(count, GRAIN);
        }
    }

    private static boolean isZero(ByteBuffer piece, int from) {
        for (var i = from; i < from + GRAIN; i += Long.BYTES) {
            if (piece.getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
