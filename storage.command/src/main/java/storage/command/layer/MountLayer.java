package storage.command.layer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.Layer;
import storage.api.LayerId;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Store;
import storage.command.run.Verb;

/** {@code mount}: prints the path and nothing else, for {@code $(storage mount ID)}. */
public final class MountLayer implements Verb {
    static final String HOLDER = "cli";

    @Parameters(paramLabel = "ID", description = "The layer.")
    String id;

    @Option(
            names = "--holder",
            paramLabel = "NAME",
            description = "Who holds the layer, default ${DEFAULT-VALUE}. It stays mounted until every holder has "
                    + "given it back.")
    String holder = HOLDER;

    @Option(names = "--label", paramLabel = "LABEL", description = "The security label of the mount.")
    String label = "";

    @Override
    public int run(Run run) throws Exception {
        var asked = Run.id(id);
        try (var store = run.openExisting(there -> there.layer(asked))) {
            var layer = store.layer(asked);
            var path = store.holds().hold(layer.id(), holder, label);
            var readOnly = isReadOnly(path);
            if (run.json()) {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("id", layer.id().value());
                json.put("path", path.toString());
                json.put("holder", holder);
                json.put("readOnly", readOnly);
                run.json(json);
            } else {
                run.out().line(path.toString());
            }
            if (readOnly && layer.kind() == Layer.Kind.READ_WRITE) {
                explain(run, store, layer.id());
            }
            return ExitCode.OK;
        }
    }

    /** Whoever asked for a read-write layer learns of this now, and not from the first write. */
    private static void explain(Run run, Store store, LayerId layer) throws Exception {
        var children = store.layers().layers().stream()
                .filter(child -> child.parent().equals(Optional.of(layer)))
                .map(child -> child.id().value())
                .toList();
        run.note("Layer " + layer + " is mounted read-only"
                + (children.isEmpty()
                        ? "."
                        : ": " + String.join(", ", children)
                                + (children.size() == 1 ? " stands on it." : " stand on it.")));
    }

    /**
     * Whether the mount takes no writes. access(2) tells root so of nothing but a read-only filesystem; for others the
     * folder's own mode has to be left out.
     */
    private static boolean isReadOnly(Path path) throws IOException {
        return !Files.isWritable(path) && Files.getPosixFilePermissions(path).contains(PosixFilePermission.OWNER_WRITE);
    }
}
