package storage.btrfs.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.btrfs.kernel.SubvolumeInfo;
import storage.btrfs.kernel.Subvolumes;
import storage.common.store.FlatHome;
import storage.common.store.KnownLayers;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Which layers began as snapshots of which. The store says what a layer stands on, the filesystem whether it is really a
 * snapshot of that: somebody may have put another subvolume in its place.
 */
public final class Lineage {
    /** Before any time that a file can have. */
    public static final long NEVER = Long.MIN_VALUE;

    private final Syscalls linux;
    private final FlatHome home;
    private final KnownLayers known;
    private final Subvolumes subvolumes;

    public Lineage(Syscalls linux, FlatHome home, KnownLayers known) {
        this.linux = linux;
        this.home = home;
        this.known = known;
        this.subvolumes = new Subvolumes(linux);
    }

    private record Step(LayerId id, SubvolumeInfo info) {}

    /**
     * Up to when two layers are the same: until the first of them, or of those they stand on, became a snapshot of what
     * both stand on. Empty if they have nothing in common, or if it cannot be told.
     */
    Optional<Fork> common(LayerId one, LayerId other) throws IOException {
        try {
            var ancestors = chain(one);
            var others = chain(other);
            for (var i = 0; i < ancestors.size(); i++) {
                for (var j = 0; j < others.size(); j++) {
                    if (ancestors.get(i).id().equals(others.get(j).id())) {
                        return earliest(ancestors, i, others, j);
                    }
                }
            }
            return Optional.empty();
        } catch (SyscallException e) {
            // a kernel that does not tell (before 4.18), a layer that is no subvolume
            return Optional.empty();
        }
    }

    /** Of the two snapshots of what both stand on; a layer that is that itself began nowhere. */
    private static Optional<Fork> earliest(List<Step> one, int commonOfOne, List<Step> other, int commonOfOther) {
        var forks = new ArrayList<Fork>();
        if (commonOfOne > 0) {
            forks.add(Fork.of(one.get(commonOfOne - 1).info()));
        }
        if (commonOfOther > 0) {
            forks.add(Fork.of(other.get(commonOfOther - 1).info()));
        }
        return forks.stream().min(Comparator.comparing(Fork::transid));
    }

    /** A layer and what it stands on, nearest first, as long as each is a snapshot of the next. */
    private List<Step> chain(LayerId id) throws IOException {
        var chain = new ArrayList<Step>();
        var next = Optional.of(id);
        while (next.isPresent()) {
            var info = info(next.get());
            if (info.isEmpty()
                    || !chain.isEmpty() && !chain.get(chain.size() - 1).info().isSnapshotOf(info.get())) {
                break;
            }
            chain.add(new Step(next.get(), info.get()));
            next = known.layer(next.get()).flatMap(Layer::parent);
        }
        return chain;
    }

    /**
     * When a layer became a snapshot of its parent, in nanoseconds since 1970, if nothing has been written to the parent
     * since: what changed last before then is the same in both. {@link #NEVER} if that cannot be said.
     */
    public long untouchedSince(LayerId layer, LayerId parent) {
        try {
            var child = info(layer);
            var below = info(parent);
            return child.isPresent()
                            && below.isPresent()
                            && child.get().isSnapshotOf(below.get())
                            && below.get().changedIn() <= child.get().createdIn()
                    ? child.get().createdAt()
                    : NEVER;
        } catch (SyscallException e) {
            return NEVER;
        }
    }

    private Optional<SubvolumeInfo> info(LayerId id) throws SyscallException {
        try (var fd = home.open(id)) {
            return subvolumes.isSubvolume(fd.number())
                    ? Optional.of(SubvolumeInfo.of(linux, fd.number()))
                    : Optional.empty();
        }
    }
}
