package storage.command.store;

import picocli.CommandLine.Command;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code cleanup}. */
@Command
public final class Cleanup implements Verb {
    @Override
    public int run(Run run) throws Exception {
        var store = run.openToTidy();
        if (store.isPresent()) {
            try (var open = store.get()) {
                open.layers().cleanup();
            }
        }
        return ExitCode.OK;
    }
}
