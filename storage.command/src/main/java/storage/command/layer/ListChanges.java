package storage.command.layer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.Change;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code changes}. */
public final class ListChanges implements Verb {
    @Parameters(paramLabel = "ID", description = "The layer.")
    String id;

    @Option(names = "--against", paramLabel = "LAYER", description = "Compare with this layer. Default: the parent.")
    String against;

    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var layer = store.layer(Run.id(id));
            var other = against == null
                    ? layer.parent()
                    : Optional.of(store.layer(Run.id(against)).id());
            var changes = store.layers().changes(layer.id(), other);
            if (run.json()) {
                run.json(changes.stream().map(ListChanges::json).toList());
            } else {
                for (var change : changes) {
                    run.out().line(change.kind().letter() + " " + run.out().name(change.path()));
                }
            }
            return ExitCode.OK;
        }
    }

    private static Map<String, Object> json(Change change) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kind", String.valueOf(change.kind().letter()));
        json.put("path", change.path());
        return json;
    }
}
