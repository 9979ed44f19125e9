package storage.aufs.mount;

import java.io.IOException;
import storage.linux.Fd;
import storage.linux.Syscalls;

/**
 * How many branches this kernel puts into one union, the writable one included. It is one of four numbers, chosen when the
 * module is built (CONFIG_AUFS_BRANCH_MAX_127 and so on, fs/aufs/Kconfig), and nothing tells which: it is tried, when it
 * first matters, with one branch more than the smaller number allows.
 */
public final class BranchLimit {
    /** What every kernel takes. */
    public static final int SMALLEST = 127;

    private static final int[] BUILDS = {SMALLEST, 511, 1023, 32767};

    private final Syscalls linux;
    private final boolean dirperm1;
    private int build;
    private boolean known;

    public BranchLimit(Syscalls linux, boolean dirperm1) {
        this.linux = linux;
        this.dirperm1 = dirperm1;
    }

    /** Opens a folder that trials can be made in. */
    @FunctionalInterface
    public interface Place {
        Fd open() throws IOException;
    }

    /**
     * The limit, as far as it has to be known.
     *
     * @param wanted how many branches are needed
     * @return a number that is not smaller, or the limit
     */
    public synchronized int upTo(int wanted, Place place) throws IOException {
        while (wanted > BUILDS[build] && !known) {
            if (build == BUILDS.length - 1) {
                known = true;
            } else {
                try (var folder = place.open()) {
                    if (new Trial(linux).stacks(folder, BUILDS[build] + 1, dirperm1)) {
                        build++;
                    } else {
                        known = true;
                    }
                }
            }
        }
        return BUILDS[build];
    }
}
