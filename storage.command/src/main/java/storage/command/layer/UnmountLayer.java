package storage.command.layer;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
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
        try (var store = run.open(Access.WRITE)) {
            store.holds().release(store.layer(Run.id(id)).id(), holder);
            return ExitCode.OK;
        }
    }
}
