package storage.aufs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.common.store.KnownLayers;
import storage.common.store.Problem;
import storage.common.store.Quarantine;

/**
 * Looks for damage in the layout: layers without content, files that do not name a layer's ancestors, what belongs to no layer.
 * A layer's file is rebuilt from its parent's; what nobody knows is moved to the quarantine, not deleted.
 */
final class AufsCheck {
    private static final Set<String> OWN_NAMES =
            Set.of(AufsFolders.LAYERS, AufsFolders.DIFF, AufsFolders.MNT, "backingFsBlockDev", "lost+found");

    private final HomeFiles files;
    private final AufsFolders folders;
    private final KnownLayers known;
    private final Quarantine quarantine;
    private final List<Problem> problems = new ArrayList<>();

    private AufsCheck(HomeFiles files, AufsFolders folders, KnownLayers known, Quarantine quarantine) {
        this.files = files;
        this.folders = folders;
        this.known = known;
        this.quarantine = quarantine;
    }

    static List<Problem> run(HomeFiles files, AufsFolders folders, KnownLayers known, Quarantine quarantine)
            throws IOException {
        var check = new AufsCheck(files, folders, known, quarantine);
        for (var id : folders.ids()) {
            Problem.look(known, id, check.problems, check::layer);
        }
        check.strangers("", OWN_NAMES);
        check.strangers(AufsFolders.LAYERS + "/", Set.of());
        check.branchesWithoutLayer(AufsFolders.DIFF);
        check.branchesWithoutLayer(AufsFolders.MNT);
        return check.problems;
    }

    private void layer(LayerId id) throws IOException {
        if (!files.isFolder(AufsFolders.diff(id))) {
            problems.add(Problem.of(
                    id, AufsFolders.diff(id), "Layer " + id + " has lost its content, the folder diff/" + id));
        }
        if (!files.exists(AufsFolders.mnt(id))) {
            problems.add(Problem.of(id, AufsFolders.mnt(id), "Layer " + id + " has no folder to be mounted on", () -> {
                files.makeFolder(AufsFolders.mnt(id), 0755);
                return "Made the folder mnt/" + id;
            }));
        }
        parents(id);
    }

    private void parents(LayerId id) throws IOException {
        var path = AufsFolders.layer(id);
        var found = files.read(path).flatMap(AufsFolders::parse);
        var parent = found.isPresent() && !found.get().isEmpty()
                ? Optional.of(found.get().get(0))
                : known.layer(id).flatMap(Layer::parent);
        var expected = parent.isPresent() ? expected(parent.get()) : Optional.<List<LayerId>>empty();
        if (found.isPresent() && parent.isEmpty()) {
            return; // stands on nothing
        }
        if (found.isEmpty() || expected.isPresent() && !expected.equals(found)) {
            var text = "The file " + path
                    + (found.isEmpty() ? " is cut off or overwritten" : " does not name the ancestors");
            problems.add(
                    expected.isEmpty()
                            ? Problem.of(id, path, text + ", and they are not all known")
                            : Problem.of(id, path, text, () -> {
                                files.replace(path, AufsFolders.text(expected.get()), 0644);
                                return "Wrote the file " + path + " from that of layer " + parent.get();
                            }));
            return;
        }
        for (var ancestor : found.get()) {
            if (!files.isFolder(AufsFolders.diff(ancestor))) {
                problems.add(Problem.of(
                        id, path, "Layer " + id + " stands on layer " + ancestor + ", whose content is missing"));
            }
        }
    }

    /** What a child's file should hold; empty if the parent's cannot be relied on. */
    private Optional<List<LayerId>> expected(LayerId parent) throws IOException {
        try {
            return Optional.of(folders.parentsOfChild(parent));
        } catch (StorageException e) {
            return Optional.empty();
        }
    }

    /** Names that cannot be a layer's. */
    private void strangers(String folder, Set<String> own) throws IOException {
        for (var name : files.names(folder.isEmpty() ? "" : folder.substring(0, folder.length() - 1))) {
            var legitimate = own.contains(name) || name.startsWith(".") || !folder.isEmpty() && LayerId.isValid(name);
            if (!legitimate && files.exists(folder + name)) {
                stranger(folder + name, name);
            }
        }
    }

    private void stranger(String path, String name) {
        problems.add(new Problem(
                new Finding("", path, "The name " + path + " in the home " + files.home() + " is no layer's", true),
                () -> "Moved " + path + " to " + quarantine.move(files.path(path), name)));
    }

    /** Folders of layers that have no file: an engine was cut off while it made or removed one, or something else is there. */
    private void branchesWithoutLayer(String folder) throws IOException {
        for (var name : files.names(folder)) {
            var path = folder + "/" + name;
            if (name.startsWith(".") || !files.exists(path)) {
                continue;
            }
            if (AufsFolders.isRemoving(name)) {
                leftover(path, name);
            } else if (!LayerId.isValid(name)) {
                stranger(path, name);
            } else if (isForgotten(new LayerId(name), path) && !isHarmless(folder, path)) {
                var id = new LayerId(name);
                problems.add(Problem.of(id, path, "The folder " + path + " belongs to no layer", () -> {
                    if (!isForgotten(id, path)) {
                        return "Left " + path + " alone: its layer is there";
                    }
                    return "Moved " + path + " to " + quarantine.move(files.path(path), name + "-" + folder);
                }));
            }
        }
    }

    /** An engine that removes a layer on nothing leaves the folder to mount it on, which is empty. */
    private boolean isHarmless(String folder, String path) throws IOException {
        return folder.equals(AufsFolders.MNT)
                && files.isFolder(path)
                && files.names(path).isEmpty();
    }

    private boolean isForgotten(LayerId id, String path) throws IOException {
        return !files.exists(AufsFolders.layer(id)) && known.layer(id).isEmpty() && files.exists(path);
    }

    /** Nothing is wrong with what is being removed at this moment. */
    private void leftover(String path, String name) throws IOException {
        var owner = name.substring(0, name.lastIndexOf('-'));
        if (LayerId.isValid(owner) && known.layer(new LayerId(owner)).isPresent()) {
            return;
        }
        problems.add(new Problem(
                new Finding("", path, "The folder " + path + " was left by an interrupted removal", true), () -> {
                    files.removeTree(path);
                    return "Removed " + path + ", left by an interrupted removal";
                }));
    }
}
