package storage.overlay.support;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.common.store.ForeignMounts;
import storage.common.store.Rollback;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.FolderThread;
import storage.linux.FsMagic;
import storage.linux.MountCalls;
import storage.linux.MountEntry;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.linux.PrivateThread;
import storage.linux.Stat;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The mounts of a driver: each on the folder {@code merged} of its layer, which is there only while it is mounted.
 *
 * <p>What is found on such a folder counts as ours if it is an overlay, or the layer's own tree bound there; then it is
 * adopted, and unmounted when asked. Anything else belongs to somebody else and is left alone.
 */
public final class OverlayMounts implements AutoCloseable {
    private static final String MERGED = "/merged";
    private static final byte[] OVERLAY = FileNames.encode("overlay");
    private static final byte[] NOTHING = {};

    /** How long the kernel may take for a mount. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** How often something busy is tried again, and how long in between, in milliseconds: a second altogether. */
    private static final int BUSY_TRIES = 50;

    private static final int BUSY_PAUSE_MS = 20;

    private final Syscalls linux;
    private final HomeFiles files;
    private final List<String> features;
    private final FolderThread thread;

    /**
     * @param features the options that go first in each mount, such as {@code index=off}
     */
    public OverlayMounts(Syscalls linux, HomeFiles files, List<String> features) {
        this.linux = linux;
        this.files = files;
        this.features = List.copyOf(features);
        this.thread = new FolderThread(linux, files.text(""));
    }

    /** Where a layer's mount is to be seen, relative to the home. */
    public static String merged(LayerId id) {
        return id + MERGED;
    }

    /** Mounts an overlay, or adopts the one that is there. */
    public Path overlay(LayerId id, Stack stack, String label) throws IOException {
        return overlay(id, prepare(stack, label));
    }

    /**
     * Puts together what the kernel is told.
     *
     * @throws StorageException LIMIT_EXCEEDED if it is more than the kernel takes, INVALID for an impossible label
     */
    PreparedMount prepare(Stack stack, String label) throws StorageException {
        return new PreparedMount(MountData.of(files.text(""), stack, features, label, linux.pageSize()), stack);
    }

    /** Mounts an overlay, or adopts the one that is there. */
    Path overlay(LayerId id, PreparedMount prepared) throws IOException {
        var merged = merged(id);
        if (isReady(id, merged)) {
            return files.path(merged);
        }
        try {
            mountOverlay(merged, prepared);
            if (prepared.inWork.isPresent()) {
                // in a user namespace, only then can directories be moved up from a lower one
                files.own(
                        prepared.inWork.get(),
                        files.ids().rootUid(),
                        files.ids().rootGid());
            }
        } catch (IOException | RuntimeException e) {
            undo(merged, e);
            throw e;
        }
        return files.path(merged);
    }

    /** Shows a layer's whole tree where nothing can be written to it, or adopts what shows it already. */
    public Path readOnlyView(LayerId id, String tree) throws IOException {
        var merged = merged(id);
        if (isReady(id, merged)) {
            return files.path(merged);
        }
        try {
            var target = files.bytes(merged);
            mount(linux.mount(files.bytes(tree), target, NOTHING, MountCalls.MS_BIND, NOTHING), merged);
            var flags = MountCalls.MS_BIND | MountCalls.MS_REMOUNT | MountCalls.MS_RDONLY;
            mount(linux.mount(NOTHING, target, NOTHING, flags, NOTHING), merged);
        } catch (IOException | RuntimeException e) {
            undo(merged, e);
            throw e;
        }
        return files.path(merged);
    }

    private void mountOverlay(String merged, PreparedMount prepared) throws IOException {
        var options = prepared.options;
        if (!prepared.relative) {
            mount(linux.mount(OVERLAY, files.bytes(merged), OVERLAY, 0, options), merged);
            return;
        }
        // the working directory belongs to the whole process: only a thread of its own may have another
        var call = thread.call(LIMIT, () -> linux.mount(OVERLAY, FileNames.encode(merged), OVERLAY, 0, options));
        mount(call, merged);
    }

    private void mount(int result, String merged) throws SyscallException {
        Errno.check(result, "mount", files.text(merged));
    }

    /** Makes the folder to mount on. True if it carries our mount already. */
    private boolean isReady(LayerId id, String merged) throws IOException {
        var made = linux.mkdirat(FileCalls.AT_FDCWD, files.bytes(merged), 0700);
        if (made != -Errno.EEXIST) {
            Errno.check(made, "mkdirat", files.text(merged));
            files.own(merged, files.ids().rootUid(), files.ids().rootGid());
            return false;
        }
        var entry = MountTable.read().at(files.mountPoint(merged));
        if (entry.isPresent() && !isOurs(id, entry.get())) {
            throw ForeignMounts.refusal(id, entry.get());
        }
        return entry.isPresent();
    }

    private void undo(String merged, Exception failure) {
        var target = files.bytes(merged);
        var unmounted = linux.umount2(target, MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
        var removed = files.removeFolder(merged);
        if (removed < 0 && removed != -Errno.ENOENT) {
            failure.addSuppressed(new SyscallException(
                    unmounted < 0 && unmounted != -Errno.EINVAL ? "umount2" : "rmdir", files.text(merged), -removed));
        }
    }

    /**
     * Unmounts a layer, if it is mounted, and removes the folder: in other mount namespaces that is what ends the mount.
     * Where programs still have files open, it is detached and ends with them.
     *
     * @throws StorageException IN_USE if somebody mounted something on it
     */
    public void unmount(LayerId id) throws IOException {
        var merged = merged(id);
        var target = files.bytes(merged);
        var there = files.stat(merged);
        if (there.isEmpty()) {
            return;
        }
        if (!isSeen(id, merged, there.get())) {
            files.removeFolder(merged);
            return;
        }
        var result = linux.umount2(target, MountCalls.UMOUNT_NOFOLLOW);
        if (result == -Errno.EBUSY) {
            ForeignMounts.refuseBelow(files, id, merged);
            result = linux.umount2(target, MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
        }
        if (result != -Errno.EINVAL && result != -Errno.ENOENT) {
            Errno.check(result, "umount2", files.text(merged));
        }
        // older kernels refuse while another namespace has it mounted; the next mount uses the folder as it is
        files.removeFolder(merged);
    }

    /** Whether our mount is on the folder, by what can be seen there: cheaper than the mount table. */
    private boolean isSeen(LayerId id, String merged, Stat there) throws IOException {
        // before 5.8 the kernel does not tell, but overlay, unlike what is bound, has a device number of its own
        var told = there.mount != 0;
        if (told && !there.mountPoint) {
            return false;
        }
        var type = new StatFs();
        Errno.check(linux.statfs(files.bytes(merged), type), "statfs", files.text(merged));
        if (type.type == FsMagic.OVERLAY
                && (told || there.device != files.stat(id.value()).orElseThrow().device)) {
            return true;
        }
        var entry = MountTable.read().at(files.mountPoint(merged));
        if (entry.isPresent() && !isOurs(id, entry.get())) {
            throw ForeignMounts.refusal(id, entry.get());
        }
        return entry.isPresent();
    }

    /** Whether our mount is on a layer's folder. */
    public boolean isMounted(LayerId id) throws IOException {
        var merged = merged(id);
        return files.exists(merged)
                && MountTable.read()
                        .at(files.mountPoint(merged))
                        .filter(entry -> isOurs(id, entry))
                        .isPresent();
    }

    /**
     * Opens an overlay that nobody else can see: it is mounted over the home in a mount namespace that ends with its only
     * thread, and lives on for as long as the descriptor is open.
     *
     * @param stack one that is only read
     */
    public Fd glimpse(Stack stack) throws IOException {
        var data = MountData.of(files.text(""), stack, features, "", linux.pageSize());
        return PrivateThread.call(linux, PrivateThread.Isolation.MOUNTS, LIMIT, () -> {
            try (var home = files.open("")) {
                Errno.check(linux.fchdir(home.number()), "fchdir", files.text(""));
                var options = FileNames.encode(data.options());
                mount(linux.mount(OVERLAY, files.bytes(""), OVERLAY, MountCalls.MS_RDONLY, options), "");
            }
            return files.open("");
        });
    }

    /**
     * Moves a layer's folder away as a whole.
     *
     * @param afterwards what else has to go
     * @return false if it cannot be moved there
     */
    public boolean setAside(LayerId id, Path place, Rollback.Step afterwards) throws IOException {
        var from = files.bytes(id.value());
        var result = linux.renameat2(FileCalls.AT_FDCWD, from, FileCalls.AT_FDCWD, PathBytes.of(place), 0);
        if (result == -Errno.EXDEV || result == -Errno.EBUSY) {
            return false;
        }
        Errno.check(result, "renameat2", files.text(id.value()));
        afterwards.run();
        return true;
    }

    /** The layers that are mounted, and those in whose folder anything else is mounted. */
    public Set<LayerId> mounted() throws IOException {
        var mounted = new HashSet<LayerId>();
        if (!files.exists("")) {
            return mounted;
        }
        var home = files.mountPoint("");
        for (var entry : MountTable.read().entries()) {
            var point = entry.mountPoint();
            if (point.startsWith(home)) {
                var slash = point.indexOf('/', home.length());
                var name = point.substring(home.length(), slash < 0 ? point.length() : slash);
                if (LayerId.isValid(name)) {
                    mounted.add(new LayerId(name));
                }
            }
        }
        return mounted;
    }

    /** An overlay, or the tree of this very layer. */
    private static boolean isOurs(LayerId id, MountEntry entry) {
        var root = entry.root();
        return "overlay".equals(entry.type()) && "/".equals(root)
                || root.endsWith("/" + id + "/diff")
                || root.endsWith("/" + id + "/root");
    }

    /**
     * Removes the folder of a layer with everything in it.
     *
     * @throws StorageException IN_USE if somebody mounted something in it
     */
    public void removeLayerFolder(LayerId id) throws IOException {
        for (var tries = 1; ; tries++) {
            try {
                files.removeTree(id.value());
                return;
            } catch (SyscallException e) {
                if (e.errno() != Errno.EBUSY) {
                    throw e;
                }
                ForeignMounts.refuseIn(files, id, id.value());
                if (tries == BUSY_TRIES) {
                    throw e;
                }
                pause(id);
            }
        }
    }

    /** For what is busy for a moment only, as during an unmount in another namespace. */
    private static void pause(LayerId id) throws StorageException {
        try {
            Thread.sleep(BUSY_PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(
                            StorageException.Kind.INTERRUPTED, "The removal of layer " + id + " was interrupted")
                    .forLayer(id);
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
