package storage.overlay.v1;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.io.HomeFiles;
import storage.common.store.KnownLayers;
import storage.common.tree.TreeCopy;
import storage.linux.Syscalls;
import storage.overlay.support.OverlayMounts;

/** Turns an image layer into a tree of its own: the parent's by hard links, and an archive unpacked over it. */
final class RootFilling {
    private final Syscalls linux;
    private final StoreInfo info;
    private final HomeFiles files;
    private final ArchiveLimits limits;

    RootFilling(Syscalls linux, StoreInfo info, HomeFiles files, ArchiveLimits limits) {
        this.linux = linux;
        this.info = info;
        this.files = files;
        this.limits = limits;
    }

    /** Unpacks over a plain tree. */
    long unpack(String tree, InputStream archive) throws IOException {
        var how = new UnpackOptions(info.idMaps(), limits, Optional.empty());
        try (var root = files.open(tree)) {
            return LayerUnpacker.unpack(linux, UnpackTarget.plain(root.number()), archive, how)
                    .bytes();
        }
    }

    /**
     * Makes the layer's tree from the parent's. Until the tree is renamed the layer is an empty overlay; that it is
     * neither afterwards, for a moment, does not matter: the store has it marked as being filled.
     */
    long onTree(LayerId id, LayerId parent, KnownLayers known, InputStream archive) throws IOException {
        var temporary = RootFolders.temporary(id);
        files.makeFolder(temporary, 0755);
        try (var from = files.open(RootFolders.root(parent));
                var to = files.open(temporary)) {
            var mode = isWrittenInPlace(known, parent) ? TreeCopy.Mode.CONTENT : TreeCopy.Mode.HARD_LINK;
            TreeCopy.copy(linux, from.number(), to.number(), mode);
        }
        var bytes = unpack(temporary, archive);
        files.rename(temporary, RootFolders.root(id));
        files.removeTree(RootFolders.upper(id));
        files.removeTree(RootFolders.work(id));
        files.removeTree(OverlayMounts.merged(id));
        files.removeTree(RootFolders.lowerId(id));
        return bytes;
    }

    /**
     * Whether somebody may write to the parent's files where they are: a read-write layer that stands on nothing. Its
     * files must not be shared, or what is written there would change this layer too.
     */
    private static boolean isWrittenInPlace(KnownLayers known, LayerId parent) throws IOException {
        return known.layer(parent)
                .filter(layer -> layer.kind() == Layer.Kind.READ_WRITE)
                .isPresent();
    }
}
