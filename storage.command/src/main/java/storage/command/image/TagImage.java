package storage.command.image;

import picocli.CommandLine.Parameters;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code tag}. */
public final class TagImage implements Verb {
    @Parameters(index = "0", paramLabel = "NAME", description = "The image: a name or an id.")
    String reference;

    @Parameters(index = "1", paramLabel = "NEW", description = "The further name.")
    String name;

    @Override
    public int run(Run run) throws Exception {
        try (var store = run.openExisting(there -> there.images().image(reference))) {
            var image = store.images().tag(reference, name);
            if (run.json()) {
                run.json(ListImages.json(image));
            }
            return ExitCode.OK;
        }
    }
}
