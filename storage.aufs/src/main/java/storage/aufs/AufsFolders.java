package storage.aufs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.aufs.mount.UnionMounts;
import storage.common.io.HomeFiles;
import storage.common.store.Parentage;

/**
 * The engine's layout: a layer is the file {@code layers/ID}, with the ids of its ancestors, the parent first, a line each; the
 * folder {@code diff/ID}, its branch; and the folder {@code mnt/ID}, on which its union is mounted. What is being removed has
 * {@code -removing} behind its name, which no layer's ends in.
 */
final class AufsFolders {
    static final String LAYERS = "layers";
    static final String DIFF = "diff";
    static final String MNT = "mnt";

    private static final String REMOVING = "-removing";

    private final HomeFiles files;

    AufsFolders(HomeFiles files) {
        this.files = files;
    }

    static String layer(LayerId id) {
        return LAYERS + "/" + id;
    }

    static String diff(LayerId id) {
        return DIFF + "/" + id;
    }

    static String mnt(LayerId id) {
        return UnionMounts.folder(id);
    }

    /** What a folder is renamed to before it is removed. */
    static String removing(String folder) {
        return folder + REMOVING;
    }

    static boolean isRemoving(String name) {
        return name.endsWith(REMOVING);
    }

    /** The layers: those that have a file. */
    Set<LayerId> ids() throws IOException {
        return files.names(LAYERS).stream()
                .filter(LayerId::isValid)
                .map(LayerId::new)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * The ancestors of a layer, the parent first.
     *
     * @throws StorageException DAMAGED if the file is missing or not as it should be
     */
    List<LayerId> parents(LayerId id) throws IOException {
        var text = files.read(layer(id)).orElseThrow(() -> damaged(id, "its file layers/" + id + " is missing"));
        return parse(text).orElseThrow(() -> damaged(id, "its file layers/" + id + " is cut off or overwritten"));
    }

    /** Reads a layer's file; empty if it is none. */
    static Optional<List<LayerId>> parse(String text) {
        var ids = new ArrayList<LayerId>();
        if (!text.isEmpty() && !text.endsWith("\n")) {
            return Optional.empty();
        }
        for (var line : text.lines().toList()) {
            if (!LayerId.isValid(line)) {
                return Optional.empty();
            }
            ids.add(new LayerId(line));
        }
        return Optional.of(ids);
    }

    /** The content of a layer's file. */
    static String text(List<LayerId> parents) {
        return parents.stream().map(id -> id + "\n").collect(Collectors.joining());
    }

    /** The ancestors that a child of this layer would have. */
    List<LayerId> parentsOfChild(LayerId parent) throws IOException {
        var parents = new ArrayList<LayerId>();
        parents.add(parent);
        parents.addAll(parents(parent));
        return parents;
    }

    Parentage parentage(LayerId id) throws IOException {
        var text = files.read(layer(id));
        if (text.isEmpty()) {
            return Parentage.UNRECORDED;
        }
        var parents = parents(id);
        return parents.isEmpty() ? Parentage.NONE : Parentage.of(parents.get(0));
    }

    static StorageException damaged(LayerId id, String how) {
        return StorageException.of(
                        StorageException.Kind.DAMAGED,
                        "Layer " + id + " is damaged: " + how,
                        "Run 'storage check --repair', which rebuilds it from what else is known")
                .forLayer(id);
    }
}
