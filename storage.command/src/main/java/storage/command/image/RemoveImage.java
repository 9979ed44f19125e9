package storage.command.image;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Run.Needed;
import storage.command.run.Verb;
import storage.command.store.Prune;
import storage.image.ImageStore.Pruned;

/** {@code rmi}. */
public final class RemoveImage implements Verb {
    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The images: names or ids.")
    List<String> references;

    @Option(
            names = {"-f", "--force"},
            description = "Remove an image given by id with all its names. Layers that others stand on stay.")
    boolean force;

    @Override
    public int run(Run run) throws Exception {
        List<String> images = new ArrayList<>();
        List<LayerId> layers = new ArrayList<>();
        long bytes = 0;
        Needed all = store -> {
            for (var reference : references) {
                store.images().image(reference);
            }
        };
        try (var store = run.openExisting(all)) {
            for (var reference : references) {
                var removed = store.images().delete(reference, force);
                images.addAll(removed.images());
                layers.addAll(removed.layers());
                bytes += removed.bytes();
            }
        }
        Prune.print(run, new Pruned(images, layers, bytes), false);
        return ExitCode.OK;
    }
}
