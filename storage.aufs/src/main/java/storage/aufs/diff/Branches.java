package storage.aufs.diff;

import java.util.List;

/**
 * The branches of one or two layers, open. Each is there once, so that two layers which share ancestors are known to.
 *
 * @param roots descriptors of the branches' top directories
 * @param newer which of them a layer stands on, its own first
 * @param older the same of the layer that it is compared with; empty for nothing
 */
public record Branches(List<Integer> roots, List<Integer> newer, List<Integer> older) {
    public Branches {
        roots = List.copyOf(roots);
        newer = List.copyOf(newer);
        older = List.copyOf(older);
    }

    /** Whether the other layer is all that stands below the layer's own branch. */
    boolean isParent() {
        return newer.subList(1, newer.size()).equals(older);
    }
}
