package storage.command.layer;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
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
        try (var store = run.open(Access.WRITE)) {
            var layer = store.layer(Run.id(id)).id();
            var path = store.holds().hold(layer, holder, label);
            if (run.json()) {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("id", layer.value());
                json.put("path", path.toString());
                json.put("holder", holder);
                run.json(json);
            } else {
                run.out().line(path.toString());
            }
            return ExitCode.OK;
        }
    }
}
