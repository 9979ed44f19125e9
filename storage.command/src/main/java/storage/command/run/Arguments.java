package storage.command.run;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import storage.api.StorageException;
import storage.command.entry.CommandWord;

/** What is wrong with a command line before it is known which command is meant. */
final class Arguments {
    private static final Set<String> FOR_HELP = Set.of("-h", "--help");

    private Arguments() {}

    /** The failure of a command line that belongs to no command. */
    static ParameterException failure(String message) {
        return new ParameterException(new CommandLine(CommandSpec.create()), message);
    }

    /** Different names would become one, and another file than the one that is meant would be written. */
    static void check(List<String> args) throws StorageException {
        for (var arg : args) {
            UserPath.checkBytes("The argument '" + arg + "'", arg);
        }
    }

    /**
     * The command that is meant where none is given: the help, or the version.
     *
     * @throws ParameterException if there are other options, since whoever gives them has more in mind
     */
    static String withoutCommand(List<String> args, Function<String, Verb> verbs) {
        if (args.contains("--version")) {
            return "version";
        }
        if (args.isEmpty() || args.stream().anyMatch(FOR_HELP::contains)) {
            return "help";
        }
        for (var i = 1; i < args.size(); i++) {
            var option = args.get(i - 1);
            if (CommandWord.OPTIONS_WITH_VALUE.contains(option) && verbs.apply(args.get(i)) != null) {
                throw failure("No command is given: '" + args.get(i) + "' was taken for the value of " + option);
            }
        }
        throw failure("No command is given");
    }
}
