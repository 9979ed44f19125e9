package storage.command.layer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import storage.api.Layer;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.text.Table;

/** {@code ls}. */
@Command
public final class ListLayers implements Verb {
    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var layers = store.layers().layers();
            var holders = store.holders();
            if (run.json()) {
                run.json(layers.stream()
                        .map(layer -> json(layer, holders.getOrDefault(layer.id(), List.of())))
                        .toList());
                return ExitCode.OK;
            }
            var table = new Table("LAYER", "KIND", "STATE", "PARENT", "HELD BY");
            for (var layer : layers) {
                table.row(
                        layer.id().value(),
                        layer.kind() == Layer.Kind.IMAGE ? "image" : "read-write",
                        layer.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        layer.parent().map(LayerId::value).orElse("-"),
                        run.out().name(held(holders.getOrDefault(layer.id(), List.of()))));
            }
            run.out().table(table);
            return ExitCode.OK;
        }
    }

    private static String held(List<Hold> holds) {
        List<String> names = new ArrayList<>();
        for (var hold : holds) {
            names.add(hold.holder() + (hold.count() > 1 ? " x" + hold.count() : ""));
        }
        return String.join(", ", names);
    }

    private static Map<String, Object> json(Layer layer, List<Hold> holds) {
        List<Map<String, Object>> holders = new ArrayList<>();
        for (var hold : holds) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("holder", hold.holder());
            one.put("count", hold.count());
            holders.add(one);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", layer.id().value());
        json.put("parent", layer.parent().map(LayerId::value));
        json.put("kind", layer.kind().name());
        json.put("state", layer.state().name());
        json.put("holders", holders);
        return json;
    }
}
