package storage.overlay.v1;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.common.store.KnownLayers;
import storage.common.store.Problem;
import storage.common.store.Quarantine;

/**
 * Looks for damage in the layout: layers without content, {@code lower-id} that leads nowhere, leftovers of a filling that
 * was cut off, folders that others may enter. Leftovers are moved to the quarantine, not deleted.
 */
final class OverlayCheck {
    private final HomeFiles files;
    private final RootFolders folders;
    private final KnownLayers known;
    private final Quarantine quarantine;
    private final List<Problem> problems = new ArrayList<>();

    private OverlayCheck(HomeFiles files, RootFolders folders, KnownLayers known, Quarantine quarantine) {
        this.files = files;
        this.folders = folders;
        this.known = known;
        this.quarantine = quarantine;
    }

    static List<Problem> run(HomeFiles files, RootFolders folders, KnownLayers known, Quarantine quarantine)
            throws IOException {
        var check = new OverlayCheck(files, folders, known, quarantine);
        for (var id : new TreeSet<>(files.layers())) {
            Problem.look(known, id, check.problems, check::layer);
        }
        return check.problems;
    }

    private void layer(LayerId id) throws IOException {
        mode(id, id.value(), 0710);
        for (var name : files.folders(id.value())) {
            if (name.startsWith("tmproot")) {
                leftover(id, name);
            }
        }
        if (folders.hasRoot(id)) {
            // the tree counts, as for the engine: what it was made from was to be removed
            for (var name : List.of("upper", "work", "lower-id")) {
                if (files.exists(id + "/" + name)) {
                    leftover(id, name);
                }
            }
        } else if (files.isFolder(RootFolders.upper(id))) {
            lower(id);
            work(id);
        } else {
            problems.add(Problem.of(
                    id,
                    RootFolders.root(id),
                    "Layer " + id + " has lost its content: neither root nor upper is there"));
        }
    }

    private void leftover(LayerId id, String name) {
        problems.add(Problem.of(
                id, id + "/" + name, "Layer " + id + " holds " + name + ", left by a filling that was cut off", () -> {
                    if (Problem.isInTheMaking(known, id) || !files.exists(id + "/" + name)) {
                        return "Left " + name + " of layer " + id + " alone: the layer is in use";
                    }
                    var place = quarantine.move(files.path(id + "/" + name), id + "-" + name);
                    return "Moved " + name + " of layer " + id + " to " + place;
                }));
    }

    private void lower(LayerId id) throws IOException {
        var expected = expected(id);
        var text = files.read(RootFolders.lowerId(id));
        if (text.isEmpty() || !LayerId.isValid(text.get())) {
            var what = "The file lower-id of layer " + id + " is "
                    + (text.isEmpty() ? "missing" : "cut off or overwritten");
            problems.add(
                    expected.isEmpty()
                            ? Problem.of(id, RootFolders.lowerId(id), what + ", and its parent is not known")
                            : Problem.of(id, RootFolders.lowerId(id), what, () -> {
                                files.replace(
                                        RootFolders.lowerId(id), expected.get().value(), 0600);
                                return "Wrote the file lower-id of layer " + id + " from its parent";
                            }));
            return;
        }
        var lower = new LayerId(text.get());
        if (!folders.hasRoot(lower)) {
            problems.add(Problem.of(
                    id,
                    RootFolders.lowerId(id),
                    "Layer " + id + " stands on the root of layer " + lower + ", which is missing"));
        } else if (expected.isPresent() && !expected.get().equals(lower)) {
            problems.add(Problem.of(
                    id,
                    RootFolders.lowerId(id),
                    "Layer " + id + " stands on the root of layer " + lower + ", but its parent has "
                            + expected.get()));
        }
    }

    /** The layer on whose tree one stands, told from its parent. */
    private Optional<LayerId> expected(LayerId id) throws IOException {
        var parent = known.layer(id).flatMap(Layer::parent);
        if (parent.isEmpty() || folders.hasRoot(parent.get())) {
            return parent;
        }
        return files.read(RootFolders.lowerId(parent.get()))
                .filter(LayerId::isValid)
                .map(LayerId::new);
    }

    private void work(LayerId id) throws IOException {
        if (!files.exists(RootFolders.work(id))) {
            problems.add(Problem.of(id, RootFolders.work(id), "Layer " + id + " has no folder work", () -> {
                files.makeFolder(RootFolders.work(id), 0700);
                return "Made the folder work of layer " + id;
            }));
        }
        mode(id, RootFolders.work(id), 0700);
    }

    private void mode(LayerId id, String path, int allowed) throws IOException {
        Problem.ofMode(files, id, path, allowed).ifPresent(problems::add);
    }
}
