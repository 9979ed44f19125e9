package storage.devmapper;

import static storage.devmapper.GuestStore.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import storage.api.driver.DriverHome;
import storage.testkit.Guest;

/** Pools on slices of the guest's disk, one for each root: a store must have its pool for itself. */
final class GivenPools {
    /** As the pool's name, this means the one of the root. */
    static final String OPTION = "of-this-root";

    /** The disk that they need together. */
    static final String DISK = "8G";

    private static final Path KNOWN = Path.of("/run/given-pools");
    private static final int POOLS = 16;
    private static final long METADATA = 16 << 11;
    private static final long DATA = 400 << 11;

    private GivenPools() {}

    /** The home with the name of its own pool, which is made if it is not there. */
    static DriverHome in(DriverHome home) throws IOException {
        if (!OPTION.equals(home.options().get("dm.thinpooldev"))) {
            return home;
        }
        Map<String, String> options = new HashMap<>(home.options());
        options.put("dm.thinpooldev", of(home.root()));
        return new DriverHome(home.root(), options, home.idMaps(), home.access());
    }

    private static String of(Path root) throws IOException {
        var link = link(root);
        if (!Files.exists(link)) {
            Files.createDirectories(KNOWN);
            var pool = make();
            Files.writeString(link, pool);
        }
        return Files.readString(link);
    }

    private static Path link(Path root) {
        return KNOWN.resolve(UUID.nameUUIDFromBytes(root.toString().getBytes(StandardCharsets.UTF_8))
                .toString());
    }

    private static String make() throws IOException {
        try {
            for (var n = 0; n < POOLS; n++) {
                var name = "kit-" + n;
                if (!Files.exists(Path.of("/dev/mapper/" + name + "-pool"))) {
                    make(name, n * (METADATA + DATA));
                    return name + "-pool";
                }
            }
        } catch (Exception e) {
            throw new IOException(e);
        }
        throw new IOException("no room for one more pool");
    }

    private static void make(String name, long at) throws Exception {
        part(name + "-m", at, METADATA);
        part(name + "-d", at + METADATA, DATA);
        run("dd", "if=/dev/zero", "of=/dev/mapper/" + name + "-m", "bs=64k", "count=1");
        var parts = "/dev/mapper/" + name + "-m /dev/mapper/" + name + "-d";
        run(
                "dmsetup",
                "create",
                name + "-pool",
                "--table",
                "0 " + DATA + " thin-pool " + parts + " 128 0 1 skip_block_zeroing");
    }

    private static void part(String name, long at, long sectors) throws Exception {
        run("dmsetup", "create", name, "--table", "0 " + sectors + " linear " + Guest.disk() + " " + at);
    }

    /** Removes that of a root, if it has one; its store is down. */
    static void remove(Path root) throws IOException {
        var link = link(root);
        if (!Files.exists(link)) {
            return;
        }
        var name = Files.readString(link).replaceAll("-pool$", "");
        try {
            run("dmsetup", "remove", name + "-pool", name + "-d", name + "-m");
        } catch (Exception e) {
            throw new IOException(e);
        }
        Files.delete(link);
    }
}
