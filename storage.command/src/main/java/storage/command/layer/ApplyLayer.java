package storage.command.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Store;
import storage.command.run.UserPath;
import storage.command.run.Verb;
import storage.command.text.Sizes;

/**
 * {@code apply}: the counterpart of {@code diff}. Fills an image layer that {@code create --layer} made, or with
 * {@code --parent} or {@code --from} makes it on the way.
 */
public final class ApplyLayer implements Verb {
    @Parameters(index = "0", paramLabel = "ID", description = "The layer.")
    String id;

    @Parameters(
            index = "1",
            paramLabel = "FILE|-",
            description = "The tar archive, plain or compressed with gzip or zstd; - for standard input.")
    String archive;

    @Option(names = "--parent", paramLabel = "LAYER", description = "Make the layer first, on this one.")
    String parent;

    @Option(names = "--from", paramLabel = "NAME", description = "Make the layer first, on this image.")
    String from;

    @Override
    public int run(Run run) throws Exception {
        if (from != null && parent != null) {
            throw run.usage("A layer stands on one thing: give --from or --parent, not both");
        }
        var layer = Run.id(id);
        try (var in = archive(run);
                var store = run.openExisting(there -> below(there, layer))) {
            var made = parent != null || from != null;
            if (made) {
                store.layers().create(layer, below(store, layer), LayerOptions.NONE);
            } else {
                store.layer(layer);
            }
            var bytes = fill(store, layer, in, made);
            if (run.json()) {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("id", layer.value());
                json.put("bytes", bytes);
                run.json(json);
            } else {
                run.out().line(layer + " " + Sizes.shown(bytes));
            }
            return ExitCode.OK;
        }
    }

    /** What a new layer is to stand on; of a layer that is to be there, its parent. */
    private Optional<LayerId> below(Store store, LayerId layer) throws StorageException {
        if (parent != null) {
            return Optional.of(store.layer(Run.id(parent)).id());
        }
        return from != null
                ? store.images().image(from).top()
                : store.layer(layer).parent();
    }

    private static long fill(Store store, LayerId layer, InputStream in, boolean made) throws Exception {
        try {
            return store.images().apply(layer, in);
        } catch (Throwable e) {
            if (made) {
                try {
                    store.layers().remove(layer);
                } catch (Exception again) {
                    e.addSuppressed(again);
                }
            }
            throw e;
        }
    }

    private InputStream archive(Run run) throws IOException {
        return archive.equals("-") ? run.terminal().in() : Files.newInputStream(UserPath.of("FILE", archive));
    }
}
