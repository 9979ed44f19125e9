package storage.command.store;

import picocli.CommandLine.Command;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code cleanup}. */
@Command
public final class Cleanup implements Verb {
    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.WRITE)) {
            store.layers().cleanup();
            return ExitCode.OK;
        }
    }
}
