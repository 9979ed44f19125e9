package storage.command.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;
import storage.api.LayerCheck;
import storage.api.LayerCheck.Finding;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Store;
import storage.command.run.Verb;

/** {@code check}. */
public final class Check implements Verb {
    @Option(names = "--full", description = "Read every layer and compare it with its digest as well.")
    boolean full;

    @Option(
            names = "--repair",
            description = "Rebuild what can be derived and move the rest to ROOT/storage/quarantine. Never deletes a "
                    + "layer that may be good.")
    boolean repair;

    @Override
    public int run(Run run) throws Exception {
        // looking needs no more than reading, and so works beside a process that holds the store
        var writing = repair ? run.openToTidy() : Optional.<Store>empty();
        try (var store = writing.isPresent() ? writing.get() : run.open(Access.READ)) {
            var findings = findings(run, store);
            List<String> done = repair && !findings.isEmpty() ? repair(store) : List.of();
            var left = done.isEmpty() ? findings : findings(run, store);
            if (run.json()) {
                run.json(json(findings, done, left));
            } else {
                print(run, findings, done, left);
            }
            return left.isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
        }
    }

    private Set<Finding> findings(Run run, Store store) throws Exception {
        Set<Finding> findings = new LinkedHashSet<>();
        var layers = store.layers().ability(LayerCheck.class);
        if (layers.isPresent()) {
            findings.addAll(layers.get().findings());
        }
        findings.addAll(run.watched(progress -> store.images().findings(full, progress)));
        return findings;
    }

    private static List<String> repair(Store store) throws Exception {
        // images first: they know the digests that tell a good layer from a damaged one
        List<String> done = new ArrayList<>(store.images().repair());
        var layers = store.layers().ability(LayerCheck.class);
        if (layers.isPresent()) {
            done.addAll(layers.get().repair());
        }
        return done;
    }

    private void print(Run run, Set<Finding> findings, List<String> done, Set<Finding> left) throws Exception {
        var out = run.out();
        if (findings.isEmpty()) {
            out.line("No damage found.");
            return;
        }
        print(run, findings);
        for (var sentence : done) {
            out.line("repaired: " + out.name(sentence));
        }
        if (!repair) {
            out.line(count(findings) + ". 'check --repair' sets aside what is damaged.");
        } else if (left.isEmpty()) {
            out.line("Nothing is left to repair.");
        } else if (done.isEmpty()) {
            out.line(count(left) + ", none of which can be repaired.");
        } else {
            out.line(count(left) + " left:");
            print(run, left);
        }
    }

    private static String count(Set<Finding> findings) {
        return findings.size() + (findings.size() == 1 ? " finding" : " findings");
    }

    private static void print(Run run, Set<Finding> findings) throws Exception {
        var out = run.out();
        for (var finding : findings) {
            var path = finding.path().isEmpty() ? "" : " " + out.name(finding.path());
            out.line(out.name(finding.layer()) + path + ": " + out.name(finding.problem())
                    + (finding.repairable() ? "" : " (cannot be repaired)"));
        }
    }

    private static Map<String, Object> json(Set<Finding> findings, List<String> done, Set<Finding> left) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("findings", json(findings));
        json.put("repaired", done);
        json.put("left", json(left));
        return json;
    }

    private static List<Map<String, Object>> json(Set<Finding> findings) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (var finding : findings) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("layer", finding.layer());
            one.put("path", finding.path());
            one.put("problem", finding.problem());
            one.put("repairable", finding.repairable());
            all.add(one);
        }
        return all;
    }
}
