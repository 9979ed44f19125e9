package storage.overlay.support;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import storage.api.FileNames;
import storage.common.tree.TreeRemoval;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.MountCalls;
import storage.linux.PrivateThread;
import storage.linux.ProcFd;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Mounts a small overlay and tries it out. It is seen by one thread alone, which ends afterwards, and lies in a folder
 * that is removed again.
 */
final class SupportProbe {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String NAME = ".overlay-check-";
    private static final byte[] OVERLAY = FileNames.encode("overlay");
    private static final byte[] YES = FileNames.encode("y");

    private final Syscalls linux;
    private final List<String> features;

    SupportProbe(Syscalls linux, List<String> features) {
        this.linux = linux;
        this.features = features;
    }

    /**
     * What came of it.
     *
     * @param typesInNames whether the filesystem tells types with names
     * @param nativeDiff whether an upper directory tells all
     * @param findings what was seen, for the evidence
     */
    record Result(boolean typesInNames, boolean nativeDiff, String findings) {}

    /**
     * Tries it in a folder of the filesystem concerned.
     *
     * @throws storage.linux.SyscallException of the call that did not work
     */
    Result run(Fd where) throws IOException {
        var times = new Stat();
        check(linux.stat(where.number(), new byte[0], FileCalls.AT_EMPTY_PATH, times), "stat");
        try {
            return tryIn(where);
        } finally {
            // even the time of the folder's last change is as it was
            linux.futimens(
                    where.number(),
                    times.accessedSeconds,
                    times.accessedNanos,
                    times.modifiedSeconds,
                    times.modifiedNanos);
        }
    }

    private Result tryIn(Fd where) throws IOException {
        var name = FileNames.encode(NAME + UUID.randomUUID());
        check(linux.mkdirat(where.number(), name, 0700), "mkdirat");
        try (var folder = Fd.of(linux, check(open(where.number(), name), "openat"))) {
            var types = prepare(folder.number());
            // by path: a descriptor from here stays among the mounts from here, where the thread must not mount
            var path = ProcFd.target(linux, folder.number());
            var findings = PrivateThread.call(linux, PrivateThread.Isolation.MOUNTS, LIMIT, () -> experiment(path));
            return new Result(types, findings.isEmpty(), findings.isEmpty() ? "works" : findings);
        } finally {
            TreeRemoval.remove(linux, where.number(), name);
        }
    }

    private int open(int dirfd, byte[] name) {
        return linux.openat(
                dirfd,
                name,
                FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC,
                0);
    }

    /** Lays out two lower directories and answers whether their names tell types. */
    private boolean prepare(int folder) throws IOException {
        for (var name : List.of("far", "far/opaque", "far/moved", "near", "near/opaque", "upper", "work", "merged")) {
            check(linux.mkdirat(folder, FileNames.encode(name), 0755), "mkdirat");
        }
        var file = linux.openat(
                folder,
                FileNames.encode("far/file"),
                FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_CLOEXEC,
                0644);
        try (var fd = Fd.of(linux, check(file, "openat"))) {
            check(linux.write(fd.number(), ByteBuffer.allocateDirect(1)), "write");
        }
        var entries = new DirectoryStream(linux, folder);
        while (entries.next()) {
            if (entries.type() == DirectoryStream.DT_UNKNOWN) {
                return false;
            }
        }
        return true;
    }

    /** Runs on the thread with mounts of its own; answers what speaks against native diffs. */
    private String experiment(String path) throws IOException {
        try (var folder = Fd.directory(linux, path)) {
            check(linux.fchdir(folder.number()), "fchdir");
        }
        setOpaque("near/opaque");
        mount();
        try {
            return Stream.of(opaque(), redirect(), metacopy())
                    .filter(finding -> !finding.isEmpty())
                    .collect(Collectors.joining("; "));
        } finally {
            linux.umount2(FileNames.encode("merged"), MountCalls.MNT_DETACH);
        }
    }

    private void setOpaque(String path) throws IOException {
        var name = FileNames.encode("trusted.overlay.opaque");
        check(linux.lsetxattr(FileNames.encode(path), name, YES, 0), "setxattr trusted.overlay.opaque");
    }

    private void mount() throws IOException {
        var options = String.join(",", features) + (features.isEmpty() ? "" : ",")
                + "lowerdir=near:far,upperdir=upper,workdir=work";
        // volatile: unmounting does not write out the whole filesystem, which may take long. Kernels before 5.10 refuse
        var result = mount(options + ",volatile");
        check(result == -Errno.EINVAL ? mount(options) : result, "mount");
    }

    private int mount(String options) {
        return linux.mount(OVERLAY, FileNames.encode("merged"), OVERLAY, 0, FileNames.encode(options));
    }

    /** A directory that hides what is below it must not be copied up with that mark: it hides nothing there. */
    private String opaque() throws IOException {
        var file = FileNames.encode("merged/opaque/file");
        var made = linux.openat(
                FileCalls.AT_FDCWD, file, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_CLOEXEC, 0644);
        Fd.of(linux, check(made, "openat")).close();
        return has("upper/opaque", "trusted.overlay.opaque") ? "marks of opaque directories are copied up" : "";
    }

    /** Whether a renamed directory is left in the lower tree, and only pointed to. */
    private String redirect() throws IOException {
        var from = FileNames.encode("merged/moved");
        var to = FileNames.encode("merged/moved-away");
        var result = linux.renameat2(FileCalls.AT_FDCWD, from, FileCalls.AT_FDCWD, to, 0);
        if (result == -Errno.EXDEV) {
            return "";
        }
        check(result, "renameat2");
        return has("upper/moved-away", "trusted.overlay.redirect") ? "renamed directories are redirected" : "";
    }

    /** Whether a change of the mode copies up the mode alone. */
    private String metacopy() throws IOException {
        check(linux.fchmodat(FileCalls.AT_FDCWD, FileNames.encode("merged/file"), 0600), "fchmodat");
        return has("upper/file", "trusted.overlay.metacopy") ? "files are copied up without content" : "";
    }

    private boolean has(String path, String attribute) {
        return linux.lgetxattr(FileNames.encode(path), FileNames.encode(attribute), new byte[0]) >= 0;
    }

    private static int check(int result, String call) throws IOException {
        return Errno.check(result, call, "of the trial overlay");
    }
}
