package storage.testkit.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import storage.linux.Errno;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Makes and changes a tree at random, the same way for the same seed. Every kind of file and every kind of change comes
 * up; what an ordinary user may not do is left out for one.
 */
public final class RandomTree {
    /** Owners begin here, inside the host's part of all maps of ids that tests have. */
    private static final int OWNERS = 100_001;

    private final Syscalls linux;
    private final Path folder;
    private final TreeMaker maker;
    private final Random random;
    private final boolean privileged;
    private final List<String> names;
    private long clock = 1_500_000_000L;

    /** @param privileged whether owners, devices and capabilities can be made */
    public RandomTree(Syscalls linux, Path folder, long seed, boolean privileged) {
        this(linux, folder, seed, privileged, 255);
    }

    /** @param longestName the length of the longest name, in bytes */
    public RandomTree(Syscalls linux, Path folder, long seed, boolean privileged, int longestName) {
        this.names =
                List.of("a", "b", "c", "with space", "new\nline", "ü", "-dash", "x".repeat(longestName), "e\udcff");
        this.linux = linux;
        this.folder = folder;
        this.maker = new TreeMaker(linux, folder);
        this.random = new Random(seed);
        this.privileged = privileged;
    }

    /** Adds files. */
    public RandomTree grow(int files) throws IOException {
        for (var i = 0; i < files; i++) {
            add();
        }
        return this;
    }

    /** Changes, removes, renames and adds files. */
    public RandomTree change(int times) throws IOException {
        for (var i = 0; i < times; i++) {
            var paths = paths();
            if (paths.isEmpty() || random.nextInt(4) == 0) {
                add();
            } else {
                change(paths.get(random.nextInt(paths.size())));
            }
        }
        return this;
    }

    private void change(String path) throws IOException {
        var stat = maker.stat(path);
        switch (random.nextInt(7)) {
            case 0 -> maker.remove(path);
            case 1 -> rename(path);
            case 2 -> replace(path);
            case 3 -> {
                if (!stat.isSymlink()) {
                    maker.mode(path, stat.isDirectory() ? 0700 | random.nextInt(0100) : 0400 | random.nextInt(0400));
                }
            }
            case 4 -> maker.time(path, clock++, random.nextInt(1_000_000_000));
            case 5 -> decorate(path);
            default -> {
                if (stat.isRegular()) {
                    maker.mode(path, 0600);
                    maker.overwrite(path, "changed " + random.nextInt());
                }
            }
        }
    }

    private void rename(String path) throws IOException {
        var to = free();
        var result = maker.rename(path, to);
        // into itself, or a directory of a lower layer
        if (result != -Errno.EINVAL && result != -Errno.EXDEV) {
            Errno.check(result, "rename", path);
        }
    }

    private void replace(String path) throws IOException {
        maker.remove(path);
        make(path);
    }

    private void add() throws IOException {
        make(free());
    }

    private void make(String path) throws IOException {
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> maker.directory(path, 0700 | random.nextInt(0100));
            case 3 -> maker.symlink(path, random.nextBoolean() ? "/absolute/target" : "../a");
            case 4 -> maker.fifo(path);
            case 5 -> link(path);
            case 6 -> {
                if (privileged) {
                    var type = random.nextBoolean() ? Stat.S_IFCHR : Stat.S_IFBLK;
                    maker.device(path, type, 1 + random.nextInt(300), random.nextInt(400));
                } else {
                    maker.file(path, "no device");
                }
            }
            default -> maker.file(path, "x".repeat(random.nextInt(9000)) + random.nextInt());
        }
        decorate(path);
        maker.time(path, clock++, random.nextInt(1_000_000_000));
    }

    private void link(String path) throws IOException {
        for (var existing : kinds().entrySet()) {
            if (existing.getValue().isRegular()) {
                maker.link(path, existing.getKey());
                return;
            }
        }
        maker.file(path, "nothing to link to");
    }

    private void decorate(String path) throws IOException {
        var stat = maker.stat(path);
        if (privileged && random.nextBoolean()) {
            maker.owner(path, OWNERS + random.nextInt(100_000), OWNERS + random.nextInt(100_000));
        }
        if (stat.isRegular() || stat.isDirectory()) {
            if (random.nextInt(3) == 0) {
                // a file that its owner may not write takes no attribute of an ordinary user
                maker.mode(path, stat.permissions() | 0200);
                note(path, new byte[] {1, 0, (byte) 0xff, (byte) random.nextInt()});
            }
        }
        if (privileged && stat.isRegular() && random.nextInt(6) == 0) {
            // VFS_CAP_REVISION_2 with cap_net_raw, linux/capability.h
            var capability = new byte[20];
            capability[3] = 2;
            capability[5] = 0x20;
            maker.xattr(path, "security.capability", capability);
        }
    }

    /** In memory only newer kernels have attributes for users. */
    private void note(String path, byte[] value) throws IOException {
        try {
            maker.xattr(path, "user.note", value);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
        }
    }

    /** A path that is free, in a directory that is there. */
    private String free() throws IOException {
        var directories = new ArrayList<String>();
        directories.add("");
        kinds().forEach((path, stat) -> {
            if (stat.isDirectory()) {
                directories.add(path + "/");
            }
        });
        while (true) {
            var path = directories.get(random.nextInt(directories.size()))
                    + (random.nextInt(3) == 0
                            ? names.get(random.nextInt(names.size()))
                            : Integer.toString(random.nextInt(1000)));
            if (!maker.has(path) && path.length() < 1500) {
                return path;
            }
        }
    }

    private List<String> paths() throws IOException {
        return List.copyOf(kinds().keySet());
    }

    /** What is there, in the order of paths. Asked for at every step, so it looks at no content. */
    private Map<String, Stat> kinds() throws IOException {
        var kinds = new TreeMap<String, Stat>();
        collect("", kinds);
        return kinds;
    }

    private void collect(String below, Map<String, Stat> kinds) throws IOException {
        for (var name : TreeText.names(linux, PathBytes.path(PathBytes.text(folder) + "/" + below))) {
            var stat = maker.stat(below + name);
            kinds.put(below + name, stat);
            if (stat.isDirectory()) {
                collect(below + name + "/", kinds);
            }
        }
    }
}
