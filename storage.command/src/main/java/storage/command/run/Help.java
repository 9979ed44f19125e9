package storage.command.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Parameters;

/** {@code help [COMMAND]}. */
public final class Help implements Verb {
    private final Function<String, Verb> verbs;

    @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "The command to explain.")
    String command;

    public Help(Function<String, Verb> verbs) {
        this.verbs = verbs;
    }

    @Override
    public int run(Run run) throws Exception {
        var program = run.terminal().program();
        if (command != null) {
            var verb = verbs.apply(command);
            if (verb == null) {
                throw Arguments.failure("There is no command '" + command + "'");
            }
            run.out().line(Dispatch.usage(Dispatch.line(command, verb, new Globals(), program)));
            return ExitCode.OK;
        }
        List<String> lines = new ArrayList<>();
        lines.add(
                "Usage: " + program
                        + " [--root DIR] [--driver NAME] [--opt KEY=VALUE]... [--json] [--new-store] [-v] COMMAND [ARGUMENT]...");
        Catalogue.list(lines::add);
        lines.add("");
        lines.add("'" + program + " help COMMAND' explains one. Options may stand before or after the command.");
        for (var line : lines) {
            run.out().line(line);
        }
        return ExitCode.OK;
    }
}
