package storage.itest.boundary;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.hostile.Corpus;
import storage.testkit.hostile.HostileCase;
import storage.testkit.hostile.RawTar;

/** A process that applies the whole corpus, between two calls that a tracer can see. Arguments: driver class, root, canary. */
final class AppliesCorpus {
    static final String BEGIN = "/the-corpus-begins";
    static final String END = "/the-corpus-ends";

    private AppliesCorpus() {}

    public static void main(String[] arguments) throws Exception {
        var linux = Linux.syscalls();
        var driver = Class.forName(arguments[0])
                .asSubclass(GraphDriver.class)
                .getDeclaredConstructor(Syscalls.class)
                .newInstance(linux);
        var canary = Path.of(arguments[2]);
        var refused = 0;
        try (var store = driver.open(DriverHome.at(Path.of(arguments[1])))) {
            // everything that the JVM unpacks and loads
            apply(
                    store,
                    new LayerId("warm"),
                    Optional.empty(),
                    new RawTar().file("f", "x").bytes());
            linux.openat(FileCalls.AT_FDCWD, FileNames.encode(BEGIN), FileCalls.O_RDONLY, 0);
            for (var hostile : cases()) {
                refused += apply(store, hostile, canary) ? 0 : 1;
            }
            linux.openat(FileCalls.AT_FDCWD, FileNames.encode(END), FileCalls.O_RDONLY, 0);
        }
        System.out.println("applied " + cases().size() + " refused " + refused);
    }

    /** All but one: the kernel cannot tell a tracer where a descriptor leads beyond PATH_MAX. */
    static List<HostileCase> cases() {
        return Corpus.cases().stream()
                .filter(each -> !each.name().equals("path-over-PATH_MAX-through-links"))
                .toList();
    }

    private static boolean apply(LayerStore store, HostileCase hostile, Path canary) throws IOException {
        var below = Optional.<LayerId>empty();
        var made = new java.util.ArrayDeque<LayerId>();
        for (var archive : hostile.parents()) {
            var id = new LayerId("below-" + made.size());
            apply(store, id, below, archive);
            below = Optional.of(id);
            made.push(id);
        }
        var layer = new LayerId("hostile");
        made.push(layer);
        try {
            apply(store, layer, below, hostile.archive().apply(canary));
            return true;
        } catch (StorageException e) {
            return false;
        } finally {
            for (var id : made) {
                store.remove(id);
            }
        }
    }

    private static void apply(LayerStore store, LayerId id, Optional<LayerId> below, byte[] archive)
            throws IOException {
        store.create(id, below, LayerOptions.NONE);
        store.applyDiff(id, new ByteArrayInputStream(archive));
    }
}
