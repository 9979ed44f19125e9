package storage.command.entry;

import java.util.List;
import java.util.Set;

/**
 * Finds the command's name among the arguments, before anything is parsed: the launcher picks the bundles by it.
 *
 * <p>Options may stand on either side of it, so the options that take a value must be known here.
 */
public final class CommandWord {
    /** Every option of every command that takes a value of its own; a test compares this with the commands. */
    public static final Set<String> OPTIONS_WITH_VALUE = Set.of(
            "--root",
            "--driver",
            "--opt",
            "--name",
            "--platform",
            "--from",
            "--parent",
            "--label",
            "--holder",
            "--plugin",
            "--socket",
            "--to",
            "--to-opt",
            "--wait",
            "--against",
            "--change",
            "--format",
            "--compression",
            "--type",
            "-o",
            "--output",
            "-c");

    private static final Set<String> WITHOUT_IMAGES =
            Set.of("drivers", "version", "mount", "umount", "ls", "rm", "changes", "cleanup", "serve");

    private CommandWord() {}

    /** Whether a command works with layers alone, so that the bundles for images need not be there. */
    public static boolean needsNoImages(String command) {
        return WITHOUT_IMAGES.contains(command);
    }

    /** Whether a command goes on until its process is told to stop, which is then no failure of it. */
    public static boolean endsWhenStopped(String command) {
        return command.equals("serve");
    }

    /** The place of the first argument that is neither an option nor an option's value, or -1. */
    public static int position(List<String> args) {
        for (var i = 0; i < args.size(); i++) {
            var arg = args.get(i);
            if (OPTIONS_WITH_VALUE.contains(arg)) {
                i++;
            } else if (!arg.startsWith("-")) {
                return i;
            }
        }
        return -1;
    }

    /** The command's name, empty if there is none. */
    public static String of(List<String> args) {
        var position = position(args);
        return position < 0 ? "" : args.get(position);
    }
}
