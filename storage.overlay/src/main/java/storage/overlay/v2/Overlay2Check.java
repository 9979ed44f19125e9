package storage.overlay.v2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.common.store.KnownLayers;
import storage.common.store.Problem;

/**
 * Looks for damage in the layout: names that lead nowhere, links that are gone, folders that others may enter. What can be
 * derived from what else is known is rebuilt: {@code l/} from the {@code link} files, those from {@code l/} or from the
 * {@code lower} of a child, and {@code lower} from the parents.
 */
final class Overlay2Check {
    private final HomeFiles files;
    private final LayerFolders folders;
    private final KnownLayers known;
    private final List<Problem> problems = new ArrayList<>();

    /** The layers in the home, and the short names that their {@code lower} files hold. */
    private final Set<LayerId> ids;

    private final Map<LayerId, Lowers> lowers = new HashMap<>();
    private final Set<String> named = new HashSet<>();

    private Overlay2Check(HomeFiles files, LayerFolders folders, KnownLayers known) throws IOException {
        this.files = files;
        this.folders = folders;
        this.known = known;
        this.ids = new TreeSet<>(files.layers());
        for (var id : ids) {
            var text = files.read(LayerFolders.lower(id)).flatMap(Lowers::parse);
            if (text.isPresent()) {
                lowers.put(id, text.get());
                named.addAll(text.get().names());
            }
        }
    }

    static List<Problem> run(HomeFiles files, LayerFolders folders, KnownLayers known) throws IOException {
        var check = new Overlay2Check(files, folders, known);
        for (var id : check.ids) {
            Problem.look(known, id, check.problems, check::layer);
        }
        check.shortcuts();
        return check.problems;
    }

    private void layer(LayerId id) throws IOException {
        if (!files.exists(LayerFolders.diff(id)) && !files.exists(LayerFolders.link(id))) {
            return; // none of this layout; the store says what it thinks of it
        }
        if (!files.isFolder(LayerFolders.diff(id))) {
            problems.add(
                    Problem.of(id, LayerFolders.diff(id), "Layer " + id + " has lost its content, the folder diff"));
        }
        modes(id);
        link(id);
        lower(id);
    }

    /** More than the engine allows: its folders may be passed through by one group and read by nobody. */
    private void modes(LayerId id) throws IOException {
        mode(id, id.value(), 0710);
        mode(id, LayerFolders.work(id), 0700);
    }

    private void mode(LayerId id, String path, int allowed) throws IOException {
        Problem.ofMode(files, id, path, allowed).ifPresent(problems::add);
    }

    private void link(LayerId id) throws IOException {
        var name = folders.name(id);
        if (name.isEmpty()) {
            problems.add(Problem.of(
                    id, LayerFolders.link(id), "Layer " + id + " has no valid short name in its file link", () -> {
                        var found = lostName(id);
                        files.replace(LayerFolders.link(id), found, 0644);
                        return "Wrote the short name " + found + " of layer " + id;
                    }));
            return;
        }
        var shortcut = LayerFolders.shortcut(name.get());
        if (!folders.owner(name.get()).equals(Optional.of(id))) {
            problems.add(Problem.of(
                    id, shortcut, "The short name of layer " + id + ", " + shortcut + ", does not lead to it", () -> {
                        files.unlink(shortcut);
                        files.link(LayerFolders.target(id), shortcut);
                        return "Made the link " + shortcut + " to layer " + id;
                    }));
        }
    }

    /** The name that a layer had, by a link that still leads to it or by a child that names it; else a new one. */
    private String lostName(LayerId id) throws IOException {
        for (var name : files.links(LayerFolders.LINKS)) {
            if (LinkName.isValid(name) && folders.owner(name).equals(Optional.of(id))) {
                return name;
            }
        }
        for (var child : lowers.entrySet()) {
            if (parent(child.getKey()).equals(Optional.of(id))) {
                var name = child.getValue().names().get(0);
                if (folders.owner(name).isEmpty()) {
                    return name;
                }
            }
        }
        return LinkName.random();
    }

    private Optional<LayerId> parent(LayerId id) throws IOException {
        return known.layer(id).flatMap(Layer::parent);
    }

    private void lower(LayerId id) throws IOException {
        var there = files.exists(LayerFolders.lower(id));
        var parent = parent(id);
        if (!there && parent.isEmpty()) {
            return; // stands on nothing, or nobody knows on what, which the store tells
        }
        var expected = parent.isPresent() ? expected(parent.get(), 0) : Optional.<Lowers>empty();
        if (!lowers.containsKey(id)) {
            var text = "The file lower of layer " + id + " is " + (there ? "cut off or overwritten" : "missing");
            rebuild(id, text, expected);
            return;
        }
        if (expected.isPresent() && !expected.get().equals(lowers.get(id))) {
            rebuild(id, "The file lower of layer " + id + " does not name its ancestors", expected);
            return;
        }
        for (var name : lowers.get(id).names()) {
            var owner = folders.owner(name);
            if (owner.isEmpty() || !files.isFolder(LayerFolders.diff(owner.get()))) {
                problems.add(Problem.of(
                        id,
                        LayerFolders.lower(id),
                        "Layer " + id + " stands on l/" + name
                                + owner.map(o -> " (layer " + o + ")").orElse("") + ", which is missing"));
            }
        }
        if (!files.exists(LayerFolders.work(id))) {
            problems.add(Problem.of(id, LayerFolders.work(id), "Layer " + id + " has no folder work", () -> {
                files.makeFolder(LayerFolders.work(id), 0700);
                return "Made the folder work of layer " + id;
            }));
        }
    }

    private void rebuild(LayerId id, String text, Optional<Lowers> expected) {
        problems.add(
                expected.isEmpty()
                        ? Problem.of(id, LayerFolders.lower(id), text + ", and its ancestors are not all known")
                        : Problem.of(id, LayerFolders.lower(id), text, () -> {
                            files.replace(LayerFolders.lower(id), expected.get().toString(), 0644);
                            return "Wrote the file lower of layer " + id + " from its ancestors";
                        }));
    }

    /** What a child of this layer should have as {@code lower}, if all names on the way are known. */
    private Optional<Lowers> expected(LayerId parent, int depth) throws IOException {
        var name = folders.name(parent);
        if (name.isEmpty() || depth > Lowers.MAX) {
            return Optional.empty();
        }
        var above = parent(parent);
        if (above.isEmpty()) {
            return Optional.of(Lowers.NONE.below(name.get()));
        }
        return expected(above.get(), depth + 1).map(lower -> lower.below(name.get()));
    }

    /** Short names that no layer has and none asks for. */
    private void shortcuts() throws IOException {
        for (var name : files.links(LayerFolders.LINKS)) {
            if (LinkName.isValid(name) && !named.contains(name) && leadsNowhere(name)) {
                var shortcut = LayerFolders.shortcut(name);
                var owner = folders.owner(name).orElse(new LayerId(name));
                problems.add(Problem.of(owner, shortcut, "The link " + shortcut + " leads to no layer", () -> {
                    if (!leadsNowhere(name)) {
                        return "Left the link " + shortcut + " alone: its layer is there";
                    }
                    files.unlink(shortcut);
                    return "Removed the link " + shortcut + ", which led to no layer";
                }));
            }
        }
    }

    /** Looks at the disk: a layer's folder comes before its link, and goes after it. */
    private boolean leadsNowhere(String name) throws IOException {
        var owner = folders.owner(name);
        if (owner.isEmpty()) {
            return files.exists(LayerFolders.shortcut(name));
        }
        var own = folders.name(owner.get());
        return !files.exists(owner.get().value()) && files.exists(LayerFolders.shortcut(name))
                || own.isPresent() && !own.get().equals(name);
    }
}
