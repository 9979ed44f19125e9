package storage.command.layer;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Run.Needed;
import storage.command.run.Verb;

/** {@code rm}: children before parents is up to the caller, except within one call, where the order does not matter. */
public final class RemoveLayers implements Verb {
    @Parameters(arity = "1..*", paramLabel = "ID", description = "The layers.")
    List<String> ids;

    @Override
    public int run(Run run) throws Exception {
        // an id that can be none fails the call before anything is removed
        List<LayerId> rest = new ArrayList<>();
        for (var id : ids) {
            rest.add(Run.id(id));
        }
        Needed all = store -> {
            for (var id : rest) {
                store.layer(id);
            }
        };
        try (var store = run.openExisting(all)) {
            all.in(store);
            StorageException refused = null;
            List<String> removed = new ArrayList<>();
            // as long as a round removes something, what was a parent before may be none now
            for (var before = rest.size() + 1; !rest.isEmpty() && rest.size() < before; ) {
                before = rest.size();
                refused = null;
                for (var id : List.copyOf(rest)) {
                    try {
                        store.layers().remove(id);
                        rest.remove(id);
                        removed.add(id.value());
                        if (!run.json()) {
                            run.out().line(id.value());
                        }
                    } catch (StorageException e) {
                        if (e.kind() != StorageException.Kind.HAS_CHILDREN) {
                            throw e;
                        }
                        refused = e;
                    }
                }
            }
            if (refused != null) {
                throw refused;
            }
            if (run.json()) {
                run.json(removed);
            }
            return ExitCode.OK;
        }
    }
}
