package storage.command.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
        try (var store = run.open(repair ? Access.WRITE : Access.READ)) {
            var findings = findings(run, store);
            List<String> done = repair && !findings.isEmpty() ? repair(store) : List.of();
            if (run.json()) {
                run.json(json(findings, done));
            } else {
                print(run, findings, done);
            }
            if (findings.isEmpty()) {
                return ExitCode.OK;
            }
            return repair && findings(run, store).isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
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

    private static void print(Run run, Set<Finding> findings, List<String> done) throws Exception {
        var out = run.out();
        for (var finding : findings) {
            var path = finding.path().isEmpty() ? "" : " " + out.name(finding.path());
            out.line(out.name(finding.layer()) + path + ": " + out.name(finding.problem())
                    + (finding.repairable() ? "" : " (cannot be repaired)"));
        }
        for (var sentence : done) {
            out.line("repaired: " + out.name(sentence));
        }
        if (findings.isEmpty()) {
            out.line("No damage found.");
        } else if (done.isEmpty()) {
            out.line(findings.size() + (findings.size() == 1 ? " finding" : " findings")
                    + ". 'check --repair' sets aside what is damaged.");
        }
    }

    private static Map<String, Object> json(Set<Finding> findings, List<String> done) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (var finding : findings) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("layer", finding.layer());
            one.put("path", finding.path());
            one.put("problem", finding.problem());
            one.put("repairable", finding.repairable());
            all.add(one);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("findings", all);
        json.put("repaired", done);
        return json;
    }
}
