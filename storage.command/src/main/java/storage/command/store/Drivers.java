package storage.command.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import storage.api.StoreInfo.Access;
import storage.api.driver.Verdict;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.text.Printer;
import storage.command.text.Table;
import storage.selector.Selection;
import storage.selector.Selection.Candidate;

/** {@code drivers}: the whole reasoning of the selection; or what has happened to the stores of this framework. */
@Command
public final class Drivers implements Verb {
    @Option(
            names = "--history",
            description = "What has happened to the configured stores of this process since it was started.")
    private boolean history;

    /** What the system calls that have no fallback need; docs/commands.md explains. */
    static final String MINIMUM_KERNEL = "4.18";

    @Override
    public int run(Run run) throws Exception {
        if (history) {
            StoreHistory.show(run);
            return ExitCode.OK;
        }
        var request = run.request(Access.READ);
        var selection = run.stores().selector().select(request);
        if (run.json()) {
            run.json(json(request.root().toString(), selection));
        } else {
            print(run, request.root().toString(), selection);
        }
        return selection.chosen().isPresent() ? ExitCode.OK : ExitCode.NOT_SUPPORTED;
    }

    private static void print(Run run, String root, Selection selection) throws Printer.Gone {
        var out = run.out();
        var table = new Table("", "DRIVER", ">PRIORITY", "VERDICT", ">LAYERS", "REASON");
        for (var candidate : selection.candidates()) {
            table.row(
                    isChosen(selection, candidate) ? "*" : "",
                    candidate.driver(),
                    Integer.toString(candidate.priority()),
                    word(candidate.verdict().outcome()),
                    Integer.toString(candidate.layers()),
                    out.name(candidate.verdict().reason()));
        }
        var lines = table.lines();
        out.line(lines.get(0));
        var indent = " ".repeat(lines.get(0).indexOf("REASON"));
        for (var i = 0; i < selection.candidates().size(); i++) {
            out.line(lines.get(i + 1));
            var verdict = selection.candidates().get(i).verdict();
            if (!verdict.advice().isEmpty()) {
                out.line(indent + out.name(verdict.advice()));
            }
            if (run.verbose()) {
                for (var evidence : verdict.evidence()) {
                    out.line(indent + out.name(evidence.what() + ": " + evidence.found()));
                }
            }
        }
        out.line("");
        out.line(out.name(selection.reason()));
        if (!selection.advice().isEmpty()) {
            out.line("  " + out.name(selection.advice()));
        }
        for (var note : selection.notes()) {
            out.line("Note: " + out.name(note));
        }
        out.line("Root: " + out.name(root));
        out.line("Kernel: " + System.getProperty("os.version") + ", at least " + MINIMUM_KERNEL + " is needed");
    }

    private static boolean isChosen(Selection selection, Candidate candidate) {
        return selection.chosen().filter(candidate.driver()::equals).isPresent();
    }

    /** As a person would say it. */
    private static String word(Verdict.Outcome outcome) {
        return switch (outcome) {
            case SUPPORTED -> "works";
            case NOT_SUPPORTED -> "not supported";
            case PREREQUISITES -> "prerequisites";
            case INCOMPATIBLE_FILESYSTEM -> "incompatible filesystem";
            case FAILED -> "failed";
        };
    }

    private static Map<String, Object> json(String root, Selection selection) {
        List<Map<String, Object>> drivers = new ArrayList<>();
        for (var candidate : selection.candidates()) {
            var verdict = candidate.verdict();
            Map<String, Object> driver = new LinkedHashMap<>();
            driver.put("driver", candidate.driver());
            driver.put("priority", candidate.priority());
            driver.put("chosen", isChosen(selection, candidate));
            driver.put("outcome", verdict.outcome().name());
            driver.put("reason", verdict.reason());
            driver.put("advice", orNull(verdict.advice()));
            driver.put("errno", verdict.errno());
            driver.put("layers", candidate.layers());
            driver.put("evidence", evidence(verdict));
            drivers.add(driver);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("root", root);
        json.put("chosen", selection.chosen());
        json.put("reason", selection.reason());
        json.put("advice", orNull(selection.advice()));
        json.put("notes", selection.notes());
        json.put("kernel", System.getProperty("os.version"));
        json.put("minimumKernel", MINIMUM_KERNEL);
        json.put("drivers", drivers);
        return json;
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static List<Map<String, String>> evidence(Verdict verdict) {
        List<Map<String, String>> all = new ArrayList<>();
        for (var evidence : verdict.evidence()) {
            Map<String, String> one = new LinkedHashMap<>();
            one.put("what", evidence.what());
            one.put("found", evidence.found());
            all.add(one);
        }
        return all;
    }
}
