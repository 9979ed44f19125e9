package storage.command.store;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import storage.api.LayerId;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.command.text.Sizes;
import storage.image.ImageStore.Pruned;

/** {@code prune}. */
public final class Prune implements Verb {
    @Option(
            names = {"-n", "--dry-run"},
            description = "List what would go; remove nothing.")
    boolean dryRun;

    @Override
    public int run(Run run) throws Exception {
        var store = dryRun ? Optional.of(run.open(Access.READ)) : run.openToTidy();
        var pruned = new Pruned(List.of(), List.of(), 0);
        if (store.isPresent()) {
            try (var open = store.get()) {
                pruned = open.images().prune(dryRun);
            }
        }
        print(run, pruned, dryRun);
        return ExitCode.OK;
    }

    /** What was removed, for every command that removes images. */
    public static void print(Run run, Pruned pruned, boolean dryRun) throws Exception {
        if (run.json()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("dryRun", dryRun);
            json.put("images", pruned.images());
            json.put("layers", pruned.layers().stream().map(LayerId::value).toList());
            json.put("bytes", pruned.bytes());
            run.json(json);
            return;
        }
        for (var image : pruned.images()) {
            run.out().line("image " + run.out().name(image));
        }
        for (var layer : pruned.layers()) {
            run.out().line("layer " + layer);
        }
        run.out().line((dryRun ? "Would free " : "Freed ") + Sizes.shown(pruned.bytes()));
    }
}
