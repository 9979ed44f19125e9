package storage.command.store;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import storage.api.Layer;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code status}. */
@Command
public final class Status implements Verb {
    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var info = store.layers().info();
            var layers = store.layers().layers();
            Map<String, Object> status = new LinkedHashMap<>();
            status.put("driver", info.driver());
            status.put("root", info.root().toString());
            status.put("home", info.home().toString());
            status.put("images", store.images().images().size());
            status.put("imageLayers", count(layers, Layer.Kind.IMAGE));
            status.put("readWriteLayers", count(layers, Layer.Kind.READ_WRITE));
            status.put(
                    "unusableLayers",
                    layers.stream()
                            .filter(layer -> layer.state() != Layer.State.COMPLETE)
                            .count());
            status.put("heldLayers", store.holders().size());
            var driver = store.layers().status();
            if (run.json()) {
                status.put("status", driver);
                run.json(status);
                return ExitCode.OK;
            }
            var out = run.out();
            out.line("Driver: " + info.driver());
            for (var entry : driver.entrySet()) {
                out.line(" " + out.name(entry.getKey() + ": " + entry.getValue()));
            }
            out.line("Root: " + out.name(info.root().toString()));
            out.line("Images: " + status.get("images"));
            out.line("Layers: " + layers.size() + " (" + status.get("imageLayers") + " of images, "
                    + status.get("readWriteLayers") + " read-write, " + status.get("unusableLayers") + " unusable)");
            out.line("Held: " + status.get("heldLayers"));
            return ExitCode.OK;
        }
    }

    private static long count(java.util.List<Layer> layers, Layer.Kind kind) {
        return layers.stream().filter(layer -> layer.kind() == kind).count();
    }
}
