package storage.command.layer;

import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Target;
import storage.command.run.Verb;

/** {@code diff}. */
public final class DiffLayer implements Verb {
    @Parameters(paramLabel = "ID", description = "The layer.")
    String id;

    @Option(names = "--against", paramLabel = "LAYER", description = "Compare with this layer. Default: the parent.")
    String against;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where the tar archive goes, - for standard output.")
    String output;

    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var layer = store.layer(Run.id(id));
            if (against == null) {
                // a layer that came with an image gives back the very bytes it was brought in with
                Target.write(run, output, out -> store.images().diff(layer.id(), out));
            } else {
                var other = store.layer(Run.id(against)).id();
                Target.write(run, output, out -> store.layers().diff(layer.id(), Optional.of(other), out));
            }
            return ExitCode.OK;
        }
    }
}
