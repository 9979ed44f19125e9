package storage.overlay.support;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.common.store.Problem;
import storage.common.store.Quarantine;

/** Things in a home that are no layers: set aside, because an engine takes every folder there for one. */
public final class Strangers {
    /** What a filesystem of its own has at its top. */
    private static final String LOST = "lost+found";

    private Strangers() {}

    /** @param own names that belong to the layout itself */
    public static List<Problem> in(HomeFiles files, Set<String> own, Quarantine quarantine) throws IOException {
        var problems = new ArrayList<Problem>();
        for (var name : files.names("")) {
            var known = own.contains(name) || name.equals(LOST) || name.startsWith(".");
            // looked at one by one: a layer may just have been made
            if (!known && !(LayerId.isValid(name) && files.isFolder(name)) && files.exists(name)) {
                problems.add(problem(files, name, quarantine));
            }
        }
        return problems;
    }

    private static Problem problem(HomeFiles files, String name, Quarantine quarantine) {
        return new Problem(
                new Finding(name, name, "The name " + name + " in the home " + files.home() + " is no layer's", true),
                () -> "Moved " + name + " to " + quarantine.move(files.path(name), name));
    }
}
