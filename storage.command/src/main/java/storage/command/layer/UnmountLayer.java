package storage.command.layer;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code umount}. */
public final class UnmountLayer implements Verb {
    @Parameters(paramLabel = "ID", description = "The layer.")
    String id;

    @Option(names = "--holder", paramLabel = "NAME", description = "Who gives it back, default ${DEFAULT-VALUE}.")
    String holder = MountLayer.HOLDER;

    @Override
    public int run(Run run) throws Exception {
        var layer = Run.id(id);
        try (var store = run.openExisting(there -> there.layer(layer))) {
            store.holds().release(store.layer(layer).id(), holder);
            return ExitCode.OK;
        }
    }
}
