package storage.overlay.v2;

import java.io.IOException;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.common.store.Parentage;

/**
 * The engine's layout: a layer is {@code ID/{diff,link,lower,work,committed}}, and {@code l/NAME} is a symbolic link to
 * {@code ../ID/diff}. A layer without parents has neither {@code lower} nor {@code work}.
 */
final class LayerFolders {
    /** The folder of the short names. */
    static final String LINKS = "l";

    private static final String UP = "../";
    private static final String DIFF = "/diff";

    private final HomeFiles files;

    LayerFolders(HomeFiles files) {
        this.files = files;
    }

    /** What the layer itself holds: the upper directory. */
    static String diff(LayerId id) {
        return id + DIFF;
    }

    static String work(LayerId id) {
        return id + "/work";
    }

    /** Holds the short name. */
    static String link(LayerId id) {
        return id + "/link";
    }

    static String lower(LayerId id) {
        return id + "/lower";
    }

    /** There once the layer has had a child. */
    static String committed(LayerId id) {
        return id + "/committed";
    }

    static String shortcut(String name) {
        return LINKS + "/" + name;
    }

    /** What a short name points to, as the link's text. */
    static String target(LayerId id) {
        return UP + diff(id);
    }

    /** A layer's short name; empty if its file is missing or holds none. */
    Optional<String> name(LayerId id) throws IOException {
        return files.read(link(id)).filter(LinkName::isValid);
    }

    /** The layer that a short name leads to; empty if there is no such link. Whether the layer exists is another matter. */
    Optional<LayerId> owner(String name) throws IOException {
        return files.linkTarget(shortcut(name))
                .filter(target -> target.startsWith(UP) && target.endsWith(DIFF))
                .map(target -> target.substring(UP.length(), target.length() - DIFF.length()))
                .filter(LayerId::isValid)
                .map(LayerId::new);
    }

    /**
     * The ancestors of a layer, {@link Lowers#NONE} if it has no such file.
     *
     * @throws StorageException DAMAGED if the file is not as it should be
     */
    Lowers lowers(LayerId id) throws IOException {
        var text = files.read(lower(id));
        return text.isEmpty()
                ? Lowers.NONE
                : Lowers.parse(text.get()).orElseThrow(() -> damaged(id, "its file 'lower' is cut off or overwritten"));
    }

    /** The ancestors that a child of this layer would have. */
    Lowers lowersOfChild(LayerId parent) throws IOException {
        var name = name(parent).orElseThrow(() -> damaged(parent, "its file 'link' is missing or holds no name"));
        return lowers(parent).below(name);
    }

    /**
     * Removes the folder of a layer that holds nothing of its own, which most that are removed soon after they were made
     * do not, without a look at what is in it. False if there is more, or something is in the way: then what is left has to
     * be removed as any tree.
     */
    boolean removeIfEmpty(LayerId id) {
        if (files.removeFolder(diff(id)) < 0) {
            return false;
        }
        files.removeFolder(work(id));
        try {
            files.unlink(lower(id));
            files.unlink(link(id));
        } catch (IOException e) {
            return false; // whoever removes the tree meets it again, and tells
        }
        return files.removeFolder(id.value()) >= 0;
    }

    /** What {@code lower} says of the parent. */
    Parentage parentage(LayerId id) throws IOException {
        var text = files.read(lower(id));
        if (text.isEmpty()) {
            return files.exists(work(id)) || !files.exists(diff(id)) ? Parentage.UNRECORDED : Parentage.NONE;
        }
        var lowers = Lowers.parse(text.get());
        if (lowers.isEmpty()) {
            return Parentage.UNRECORDED;
        }
        return owner(lowers.get().names().get(0)).map(Parentage::of).orElse(Parentage.UNRECORDED);
    }

    static StorageException damaged(LayerId id, String how) {
        return StorageException.of(
                        StorageException.Kind.DAMAGED,
                        "Layer " + id + " is damaged: " + how,
                        "Run 'storage check --repair', which rebuilds it from what else is known")
                .forLayer(id);
    }
}
