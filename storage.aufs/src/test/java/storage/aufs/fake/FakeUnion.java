package storage.aufs.fake;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import storage.api.FileNames;
import storage.common.tree.Listing;
import storage.common.tree.NodeCopy;
import storage.common.tree.TreeCopy;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.linux.PrivateThread;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** One union of the fake: an overlay, and a folder beside the data root with what it is made of. */
final class FakeUnion {
    private static final Syscalls LINUX = Linux.syscalls();
    private static final byte[] OVERLAY = FileNames.encode("overlay");

    private final Syscalls calls;
    private final Path at;
    private final Path state;

    /** @param at where it is mounted, or may be */
    FakeUnion(Syscalls calls, Path at) {
        this.calls = calls;
        this.at = at;
        // ROOT/aufs/mnt/ID, or FOLDER/mnt of a trial
        var beside = at.getParent().endsWith("aufs/mnt")
                ? at.getParent().getParent().getParent().getParent()
                : at.getParent();
        var name = UUID.nameUUIDFromBytes(PathBytes.of(at));
        this.state = beside.resolve(".fake-aufs-" + name);
    }

    boolean isThere() {
        return Files.exists(state.resolve("branches"));
    }

    /** As they were given, {@code PATH=PERMISSION}. */
    List<String> branches() throws IOException {
        return new ArrayList<>(Files.readAllLines(state.resolve("branches"), StandardCharsets.ISO_8859_1));
    }

    private static Path path(String branch) {
        return Path.of(branch.substring(0, branch.lastIndexOf('=')));
    }

    int mount(List<String> branches, boolean readOnly) throws IOException {
        Files.createDirectory(state);
        if (readOnly) {
            Files.createFile(state.resolve("read-only"));
        }
        if (!readOnly) {
            // what aufs makes in a branch that it may write to
            for (var name : List.of(".wh..wh.plnk", ".wh..wh.orph")) {
                Files.createDirectories(path(branches.get(0)).resolve(name));
            }
            if (!Files.exists(path(branches.get(0)).resolve(".wh..wh.aufs"))) {
                Files.createFile(path(branches.get(0)).resolve(".wh..wh.aufs"));
            }
        }
        Files.createDirectory(state.resolve("empty"));
        Files.createDirectory(state.resolve("work"));
        copy(branches);
        return put(branches);
    }

    /** Nothing has been written yet, so it can be mounted anew with more branches. */
    int remount(List<String> branches) throws IOException {
        var result = calls.umount2(PathBytes.of(at), 0);
        if (result < 0) {
            return result;
        }
        // all of them: which whiteouts are needed depends on what is below
        for (var i = 0; Files.exists(state.resolve(Integer.toString(i))); i++) {
            remove(state.resolve(Integer.toString(i)));
        }
        remove(state.resolve("work"));
        Files.createDirectory(state.resolve("work"));
        copy(branches);
        return put(branches);
    }

    private void copy(List<String> branches) throws IOException {
        for (var i = 0; i < branches.size(); i++) {
            var source = path(branches.get(i));
            var other = source.getParent().resolveSibling("mnt").resolve(source.getFileName());
            if (source.getParent().endsWith("aufs/diff")
                    && !other.equals(at)
                    && new FakeUnion(calls, other).isThere()) {
                new FakeUnion(calls, other).writeBack();
            }
            var copy = Files.createDirectory(state.resolve(Integer.toString(i)));
            copyTree(source, copy);
        }
        for (var i = 0; i < branches.size(); i++) {
            var below = new ArrayList<Fd>();
            try (var own = open(state.resolve(Integer.toString(i)))) {
                for (var k = i + 1; k < branches.size(); k++) {
                    below.add(open(state.resolve(Integer.toString(k))));
                }
                Whiteouts.toOverlay(own.number(), below.stream().map(Fd::number).toList());
            } finally {
                below.forEach(Fd::close);
            }
        }
    }

    /** Mounts the overlay; what fails leaves nothing. Paths are relative, or the options would not hold so many. */
    private int put(List<String> branches) throws IOException {
        var readOnly = Files.exists(state.resolve("read-only"));
        var lowers = IntStream.range(readOnly ? 0 : 1, branches.size())
                .mapToObj(Integer::toString)
                .collect(Collectors.toCollection(ArrayList::new));
        lowers.add("empty");
        if (lowers.size() == 1) {
            Files.createDirectory(state.resolve("empty2"));
            lowers.add("empty2");
        }
        var options = "redirect_dir=off,metacopy=off,index=off,lowerdir=" + String.join(":", lowers)
                + (readOnly ? "" : ",upperdir=0,workdir=work");
        var flags = readOnly ? MountCalls.MS_RDONLY : 0;
        Files.write(state.resolve("branches"), branches, StandardCharsets.ISO_8859_1);
        var result = -Errno.EIO;
        try {
            result = PrivateThread.call(LINUX, PrivateThread.Isolation.WORKING_DIRECTORY, Duration.ofMinutes(1), () -> {
                try (var folder = open(state)) {
                    Errno.check(LINUX.fchdir(folder.number()), "fchdir", "");
                }
                return calls.mount(
                        FileNames.encode("none"), PathBytes.of(at), OVERLAY, flags, FileNames.encode(options));
            });
            if (result == 0 && !readOnly) {
                Files.writeString(state.resolve("print"), print(state.resolve("0")));
            }
            return result;
        } finally {
            if (result < 0) {
                remove(state);
            }
        }
    }

    /** After the unmount. */
    void end() throws IOException {
        writeBack();
        remove(state);
    }

    /** Brings what was written to the branch, if there is anything new. */
    void writeBack() throws IOException {
        if (Files.exists(state.resolve("read-only"))) {
            return;
        }
        var print = print(state.resolve("0"));
        var known = state.resolve("print");
        if (Files.exists(known) && Files.readString(known).equals(print)) {
            return;
        }
        var back = Files.createDirectory(state.resolve("back"));
        copyTree(state.resolve("0"), back);
        try (var from = open(back);
                var to = open(path(branches().get(0)))) {
            Whiteouts.toAufs(from.number());
            for (var item : Listing.read(LINUX, to.number())) {
                if (!FileNames.decode(item.name()).startsWith(".wh..wh.")) {
                    TreeRemoval.remove(LINUX, to.number(), item.name());
                }
            }
            for (var item : Listing.read(LINUX, from.number())) {
                var result = LINUX.renameat2(from.number(), item.name(), to.number(), item.name(), 0);
                Errno.check(result, "renameat2", FileNames.decode(item.name()));
            }
            var stat = new Stat();
            try (var top = open(state.resolve("0"))) {
                Errno.check(LINUX.stat(top.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", "");
                new NodeCopy(LINUX, name -> !FileNames.decode(name).startsWith("trusted."), NodeCopy.Denied.NOTHING)
                        .attributes(top.number(), to.number(), null, stat);
            }
        }
        Files.delete(back);
        Files.writeString(known, print);
    }

    /** Changes when anything in a tree does. */
    private static String print(Path folder) throws IOException {
        try (var top = open(folder)) {
            var text = new StringBuilder();
            Whiteouts.visit(
                    top.number(),
                    (dirfd, name, stat) -> text.append(FileNames.decode(name))
                            .append(stat.changedSeconds)
                            .append('.')
                            .append(stat.changedNanos)
                            .append('/')
                            .append(stat.inode)
                            .append('\n'));
            var stat = new Stat();
            Errno.check(LINUX.stat(top.number(), new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", "");
            return UUID.nameUUIDFromBytes(FileNames.encode(text.append(stat.changedSeconds)
                            .append(stat.changedNanos)
                            .toString()))
                    .toString();
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var source = open(from);
                var target = open(to)) {
            TreeCopy.copy(LINUX, source.number(), target.number(), TreeCopy.Mode.CONTENT);
        }
    }

    private static Fd open(Path folder) throws IOException {
        return Fd.directory(LINUX, PathBytes.text(folder));
    }

    private static void remove(Path folder) throws IOException {
        TreeRemoval.remove(LINUX, FileCalls.AT_FDCWD, PathBytes.of(folder));
    }
}
