package storage.btrfs.diff;

import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.diff.ChangeSink;
import storage.common.diff.DiffOptions;
import storage.common.diff.Guide;
import storage.common.diff.TreeDiff;
import storage.common.store.FlatHome;
import storage.common.store.LayerPrivileges;
import storage.common.store.NativeDiff;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Differences between layers with a common past, in a time that goes with what changed and not with the size of the tree:
 * the walk over both is led by {@link Traces}. Files that may differ are compared as ever, so that the answer is the one
 * of a comparison by content.
 */
public final class SnapshotDiff implements NativeDiff {
    private static final Logger log = LoggerFactory.getLogger(SnapshotDiff.class);

    private final Syscalls linux;
    private final FlatHome home;
    private final IdMaps ids;
    private final Lineage lineage;
    private final LayerPrivileges privileges;

    public SnapshotDiff(Syscalls linux, FlatHome home, IdMaps ids, Lineage lineage, LayerPrivileges privileges) {
        this.linux = linux;
        this.home = home;
        this.ids = ids;
        this.lineage = lineage;
        this.privileges = privileges;
    }

    /** Where something is only on record, trees alone do not tell. */
    @Override
    public boolean covers(Layer layer, Optional<LayerId> against) throws IOException {
        return against.isPresent()
                && privileges.find(layer.id()).isEmpty()
                && privileges.find(against.get()).isEmpty()
                && lineage.common(layer.id(), against.get()).isPresent();
    }

    @Override
    public void walk(Layer layer, Optional<LayerId> against, Purpose purpose, ChangeSink sink) throws IOException {
        try (var older = home.open(against.orElseThrow());
                var newer = home.open(layer.id())) {
            var guide = guide(layer.id(), against.get(), older.number(), newer.number());
            var options = new DiffOptions(ids, Optional.empty(), Optional.empty(), Optional.empty(), guide);
            TreeDiff.walk(linux, older.number(), newer.number(), options, sink);
        }
    }

    /** Where to look; everywhere, if the kernel does not say. */
    private Optional<Guide> guide(LayerId layer, LayerId against, int older, int newer) throws IOException {
        var fork = lineage.common(layer, against);
        if (fork.isEmpty()) {
            return Optional.empty();
        }
        // the search sees what is on disk
        Errno.check(linux.syncfs(newer), "syncfs", home.folder(layer).toString());
        try {
            return Optional.of(Traces.find(linux, older, newer, fork.get()));
        } catch (SyscallException e) {
            if (e.errno() != Errno.EPERM && e.errno() != Errno.ENOTTY && e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
            log.debug("Layers {} and {} are compared file by file: {}", layer, against, e.getMessage());
            return Optional.empty();
        }
    }
}
