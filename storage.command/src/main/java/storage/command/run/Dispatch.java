package storage.command.run;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import storage.command.entry.CommandWord;
import storage.command.entry.Terminal;
import storage.command.text.Json;
import storage.command.text.Printer;

/** From arguments to an exit code: finds the command, has picocli fill in its fields, runs it, tells what went wrong. */
public final class Dispatch {
    private final Stores stores;
    private final Function<String, Verb> verbs;

    /** @param verbs makes a command of a name, null for a name that is none */
    public Dispatch(Stores stores, Function<String, Verb> verbs) {
        this.stores = stores;
        this.verbs = verbs;
    }

    /** Never throws. */
    public int run(List<String> args, Terminal terminal) {
        var out = new Printer(terminal.out(), terminal.outIsTerminal());
        var notes = new Printer(terminal.err(), terminal.errIsTerminal());
        var command = CommandWord.of(args);
        // as typed, until it is parsed: errors of the parsing itself come in the form that was asked for
        var globals = new Globals();
        globals.json = args.contains("--json") || stores.configured(Stores.JSON).isPresent();
        globals.verbose = args.contains("-v") || args.contains("--verbose");
        int code;
        try {
            code = run(args, command, new Run(terminal, out, notes, globals, stores, null));
            out.flush();
            if (code == ExitCode.OK && terminal.isInterrupted() && !CommandWord.endsWhenStopped(command)) {
                code = tell(Failure.tooLate(), null, globals, out, notes);
            }
        } catch (Throwable e) {
            code = failed(e, verbs.apply(command) == null ? "" : command, globals, terminal, out, notes);
        }
        try {
            notes.flush();
        } catch (Printer.Gone e) {
            // nobody is left to tell
            return code == ExitCode.OK ? ExitCode.IO : code;
        }
        return code;
    }

    private int run(List<String> args, String command, Run run) throws Exception {
        Arguments.check(args);
        var position = CommandWord.position(args);
        List<String> options = new ArrayList<>(args);
        var name = command;
        if (position >= 0) {
            options.remove(position);
        } else {
            name = Arguments.withoutCommand(args, verbs);
            options.remove("--version");
        }
        var verb = verbs.apply(name);
        if (verb == null) {
            throw Arguments.failure("There is no command '" + command + "'");
        }
        // a fresh object: picocli turns a flag that is set already off
        var globals = new Globals();
        var line = line(name, verb, globals, run.terminal().program());
        try {
            line.parseArgs(options.toArray(String[]::new));
        } catch (ParameterException e) {
            throw Wording.of(e, options);
        }
        globals.take(stores);
        var parsed = new Run(run.terminal(), run.out(), run.notes(), globals, stores, line);
        if (globals.help && !name.equals("help")) {
            run.out().line(usage(line));
            return ExitCode.OK;
        }
        return verb.run(parsed);
    }

    /** The command line of one command, its own and the global options together, so that they may stand anywhere. */
    static CommandLine line(String name, Verb verb, Globals globals, String program) {
        var spec = CommandSpec.forAnnotatedObject(verb);
        spec.name(program + " " + name);
        spec.addMixin("globals", CommandSpec.forAnnotatedObject(globals));
        spec.usageMessage().description(Catalogue.summary(name));
        spec.usageMessage().sortOptions(false).abbreviateSynopsis(true).optionListHeading("\nOptions:\n");
        return new CommandLine(spec).setUsageHelpWidth(100).setUsageHelpAutoWidth(false);
    }

    static String usage(CommandLine line) {
        var bytes = new ByteArrayOutputStream();
        line.usage(new PrintStream(bytes, true, StandardCharsets.UTF_8), CommandLine.Help.Ansi.OFF);
        return bytes.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    private static int failed(
            Throwable thrown, String command, Globals globals, Terminal terminal, Printer out, Printer notes) {
        if (thrown instanceof Printer.Gone gone && gone.isBrokenPipe()) {
            return ExitCode.BROKEN_PIPE;
        }
        var failure = terminal.isInterrupted() || Failure.isInterrupt(thrown)
                ? Failure.interrupted()
                : Failure.of(thrown, terminal.program(), command);
        return tell(failure, thrown, globals, out, notes);
    }

    /** @param thrown for its stack trace, null if there is none */
    private static int tell(Failure failure, Throwable thrown, Globals globals, Printer out, Printer notes) {
        try {
            flush(out);
            if (globals.json) {
                notes.line(Json.text(failure.json()));
            } else {
                notes.line("storage: " + sentence(failure.message(), notes));
                if (!failure.advice().isEmpty()) {
                    notes.line("  " + sentence(failure.advice(), notes));
                }
            }
            if (globals.verbose && thrown != null) {
                var bytes = new ByteArrayOutputStream();
                thrown.printStackTrace(new PrintStream(bytes, true, StandardCharsets.UTF_8));
                notes.write(bytes.toByteArray());
            }
            return failure.exitCode();
        } catch (Printer.Gone e) {
            return ExitCode.IO;
        }
    }

    /** What was printed before the failure still counts. */
    private static void flush(Printer out) {
        try {
            out.flush();
        } catch (Printer.Gone e) {
            // the failure itself is told; that the output went nowhere adds nothing
        }
    }

    private static String sentence(String text, Printer to) {
        var shown = to.name(text.strip());
        return shown.isEmpty() || ".!?".indexOf(shown.charAt(shown.length() - 1)) >= 0 ? shown : shown + ".";
    }
}
