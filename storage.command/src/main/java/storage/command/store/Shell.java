package storage.command.store;

import picocli.CommandLine.Option;
import storage.api.StorageException;
import storage.command.run.Run;
import storage.command.run.Verb;

/**
 * {@code shell}: here for its help only. The shell is made of bundles that the launcher starts for it, and in the shell
 * itself it makes no sense.
 */
public final class Shell implements Verb {
    @Option(names = "-c", paramLabel = "COMMANDS", description = "Run these commands and end.")
    String commands;

    @Override
    public int run(Run run) throws Exception {
        throw StorageException.of(
                StorageException.Kind.NOT_SUPPORTED,
                "A shell cannot be started from here",
                "Type 'storage:help' for the commands");
    }
}
