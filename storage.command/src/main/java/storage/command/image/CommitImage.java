package storage.command.image;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code commit}. */
public final class CommitImage implements Verb {
    @Parameters(index = "0", paramLabel = "ID", description = "The read-write layer.")
    String id;

    @Parameters(index = "1", paramLabel = "NAME", description = "What to call the image.")
    String name;

    @Option(
            names = "--change",
            paramLabel = "FIELD=JSON",
            description = "A field of the image's config, such as 'Cmd=[\"/bin/sh\"]'. May be given several times.")
    Map<String, String> changes = new LinkedHashMap<>();

    @Override
    public int run(Run run) throws Exception {
        var asked = Run.id(id);
        try (var store = run.openExisting(there -> there.layer(asked))) {
            var layer = store.layer(asked).id();
            var image = run.watched(progress -> store.images().commit(layer, name, changes, progress));
            if (run.json()) {
                run.json(ListImages.json(image));
            } else {
                run.out().line(image.id());
            }
            return ExitCode.OK;
        }
    }
}
