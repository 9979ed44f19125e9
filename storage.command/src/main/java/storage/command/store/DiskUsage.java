package storage.command.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import storage.api.Layer;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.text.Sizes;
import storage.command.text.Table;
import storage.image.ImageStore.Usage;

/** {@code df}: sizes of content, as layers have it; what a backend shares or copies on disk is its own affair. */
@Command
public final class DiskUsage implements Verb {
    private record Changed(Layer layer, long bytes) {}

    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var images = store.images().usage();
            List<Changed> layers = new ArrayList<>();
            for (var layer : store.layers().layers()) {
                if (layer.kind() == Layer.Kind.READ_WRITE && layer.state() == Layer.State.COMPLETE) {
                    layers.add(new Changed(layer, store.layers().diffSize(layer.id(), layer.parent())));
                }
            }
            if (run.json()) {
                run.json(json(images, layers));
            } else {
                print(run, images, layers);
            }
            return ExitCode.OK;
        }
    }

    private static void print(Run run, List<Usage> images, List<Changed> layers) throws Exception {
        var out = run.out();
        var table = new Table("IMAGE", "ID", ">SIZE", ">SHARED", ">UNIQUE");
        for (var usage : images) {
            var image = usage.image();
            table.row(
                    out.name(image.names().isEmpty() ? "<none>" : image.names().get(0)),
                    shortId(image.id()),
                    Sizes.shown(usage.shared() + usage.unique()),
                    Sizes.shown(usage.shared()),
                    Sizes.shown(usage.unique()));
        }
        out.table(table);
        out.line("");
        var changed = new Table("READ-WRITE LAYER", ">CHANGED");
        for (var layer : layers) {
            changed.row(layer.layer().id().value(), Sizes.shown(layer.bytes()));
        }
        out.table(changed);
    }

    private static Map<String, Object> json(List<Usage> images, List<Changed> layers) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (var usage : images) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", usage.image().id());
            one.put("names", usage.image().names());
            one.put("size", usage.shared() + usage.unique());
            one.put("shared", usage.shared());
            one.put("unique", usage.unique());
            all.add(one);
        }
        List<Map<String, Object>> changed = new ArrayList<>();
        for (var layer : layers) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", layer.layer().id().value());
            one.put("size", layer.bytes());
            changed.add(one);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("images", all);
        json.put("layers", changed);
        return json;
    }

    /** The first 12 digits, as the engine shows ids. */
    public static String shortId(String id) {
        var digits = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
        return digits.substring(0, Math.min(12, digits.length()));
    }
}
