package storage.command.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import storage.command.run.ExitCode;
import storage.command.run.OptionReader;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.text.Sizes;
import storage.selector.DriverOption;
import storage.selector.Migrations;
import storage.selector.Migrations.Request;
import storage.selector.Migrations.Result;

/** {@code migrate}. */
public final class Migrate implements Verb {
    @Option(names = "--to", paramLabel = "DRIVER", description = "The backend to move the store to.")
    String to;

    @Option(
            names = "--to-opt",
            paramLabel = "KEY=VALUE",
            converter = OptionReader.class,
            description =
                    "An option of that driver. May be given several times. --opt is for the one that the store has.")
    List<DriverOption> toOptions = new ArrayList<>();

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "How long to wait for layers that are in use. Default: not at all.")
    int wait;

    @Option(
            names = "--drop-options",
            description = "Move layers without their storage options, such as a size, where the new driver takes none.")
    boolean dropOptions;

    @Option(names = "--discard-source", description = "Remove the old home at the end.")
    boolean discardSource;

    @Option(names = "--clean", description = "Remove the homes that earlier migrations left behind.")
    boolean clean;

    @Option(names = "--abandon", description = "Give up a migration that was broken off; remove what it had copied.")
    boolean abandon;

    @Override
    public int run(Run run) throws Exception {
        if ((to != null ? 1 : 0) + (clean ? 1 : 0) + (abandon ? 1 : 0) != 1) {
            throw run.usage("Give one of --to DRIVER, --clean and --abandon.");
        }
        if (run.askedDriver().isPresent()) {
            throw run.usage("'migrate' finds the store's driver by itself: name the new one with --to.");
        }
        if (wait < 0) {
            throw run.usage("--wait takes a number of seconds, not " + wait + ".");
        }
        var migrations = run.stores().migrations();
        var root = run.root();
        var newOptions = DriverOption.together(toOptions);
        if (clean) {
            removed(run, migrations.clean(root, run.options()));
        } else if (abandon) {
            abandoned(run, migrations.abandon(root, newOptions));
        } else {
            var request = new Request(
                    root, to, run.options(), newOptions, Duration.ofSeconds(wait), dropOptions, discardSource);
            moved(
                    run,
                    run.watched(
                            progress -> migrations.migrate(request, (step, bytes) -> progress.at(step, bytes, -1))));
        }
        return ExitCode.OK;
    }

    private static void moved(Run run, Result result) throws Exception {
        if (run.json()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("from", result.from());
            json.put("to", result.to());
            json.put("copied", result.copied());
            json.put("reused", result.reused());
            json.put("bytes", result.bytes());
            json.put("sourceKept", result.sourceKept());
            json.put("notes", result.notes());
            run.json(json);
            return;
        }
        var out = run.out();
        out.line("Moved the store from " + result.from() + " to " + result.to() + ": " + layers(result.copied())
                + " copied (" + Sizes.shown(result.bytes()) + ")"
                + (result.reused() > 0 ? ", " + layers(result.reused()) + " of an earlier attempt used" : "")
                + ", every tree compared.");
        for (var note : result.notes()) {
            out.line(out.name(note));
        }
        if (result.sourceKept()) {
            out.line("The old home stays until 'storage migrate --clean'.");
        }
    }

    private static String layers(int count) {
        return count + (count == 1 ? " layer" : " layers");
    }

    private static void removed(Run run, List<String> drivers) throws Exception {
        if (run.json()) {
            run.json(Map.of("removed", drivers));
        } else {
            run.out().line(drivers.isEmpty() ? "Nothing was left behind." : "Removed: " + String.join(", ", drivers));
        }
    }

    private static void abandoned(Run run, java.util.Optional<Migrations.Unfinished> what) throws Exception {
        if (run.json()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("from", what.map(Migrations.Unfinished::from).orElse(null));
            json.put("to", what.map(Migrations.Unfinished::to).orElse(null));
            run.json(json);
        } else {
            run.out()
                    .line(what.map(was -> "Gave up the migration from " + was.from() + " to " + was.to() + ".")
                            .orElse("There is no migration to give up."));
        }
    }
}
