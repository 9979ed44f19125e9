package storage.command.image;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import storage.api.LayerId;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.store.DiskUsage;
import storage.command.text.Ages;
import storage.command.text.Sizes;
import storage.command.text.Table;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.Unusable;

/** {@code images}. */
@Command
public final class ListImages implements Verb {
    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var images = store.images().images();
            for (var unusable : store.images().unusable()) {
                run.note("Left out is " + name(unusable) + ", which cannot be used: " + unusable.problem());
            }
            if (run.json()) {
                run.json(images.stream().map(ListImages::json).toList());
                return ExitCode.OK;
            }
            var out = run.out();
            var now = Instant.now();
            var table = new Table("NAME", "ID", ">LAYERS", ">SIZE", "PLATFORM", "CREATED");
            for (var image : images) {
                for (var name : image.names().isEmpty() ? List.of("<none>") : image.names()) {
                    table.row(
                            out.name(name),
                            DiskUsage.shortId(image.id()),
                            Integer.toString(image.layers().size()),
                            Sizes.shown(image.size()),
                            out.name(image.os() + "/" + image.architecture()),
                            out.name(image.created()
                                    .map(created -> Ages.shown(created, now))
                                    .orElse("-")));
                }
            }
            out.table(table);
            return ExitCode.OK;
        }
    }

    private static String name(Unusable image) {
        return "image " + DiskUsage.shortId(image.id())
                + (image.names().isEmpty() ? "" : " (" + String.join(", ", image.names()) + ")");
    }

    static Map<String, Object> json(Image image) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", image.id());
        json.put("names", image.names());
        json.put("created", image.created());
        json.put("os", image.os());
        json.put("architecture", image.architecture());
        json.put("size", image.size());
        json.put("diffIds", image.diffIds());
        json.put("layers", image.layers().stream().map(LayerId::value).toList());
        return json;
    }
}
