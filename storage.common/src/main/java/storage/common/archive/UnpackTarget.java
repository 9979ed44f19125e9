package storage.common.archive;

import java.util.List;

/**
 * Where an archive goes.
 *
 * @param root descriptor of the directory that is written to; stays open
 * @param lowers descriptors of the read-only trees below it, nearest first; empty for a plain tree. Their whiteouts have
 *     the same form. They stay open
 * @param whiteouts what a whiteout becomes
 */
public record UnpackTarget(int root, List<Integer> lowers, WhiteoutForm whiteouts) {
    public UnpackTarget {
        lowers = List.copyOf(lowers);
        if (whiteouts == WhiteoutForm.REMOVE && !lowers.isEmpty()) {
            throw new IllegalArgumentException("A plain tree holds what lies below it, and has no lowers");
        }
    }

    /** A directory that holds the whole tree. */
    public static UnpackTarget plain(int root) {
        return new UnpackTarget(root, List.of(), WhiteoutForm.REMOVE);
    }
}
