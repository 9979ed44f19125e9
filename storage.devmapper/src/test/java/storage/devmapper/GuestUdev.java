package storage.devmapper;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** The guest's udev. */
final class GuestUdev {
    static final Path RUNS = Path.of("/run/udev");

    /** Nodes, names below {@code /dev/mapper}, and what ends a cookie. */
    private static final Set<String> KEPT = Set.of("udev-default.rules", "dm.rules", "dm-notify.rules");

    private GuestUdev() {}

    /**
     * Leaves it the rules for nodes and for device-mapper. All others look into each new device for what nobody asks for here,
     * and under emulation that takes longer than the test. What is written is gone with the guest.
     */
    static void withoutOtherRules() throws Exception {
        if (!Files.isDirectory(RUNS)) {
            return;
        }
        var mask = Files.createDirectories(Path.of("/etc/udev/rules.d"));
        try (var rules = Files.newDirectoryStream(Path.of("/usr/lib/udev/rules.d"), "*.rules")) {
            for (var rule : rules) {
                var name = rule.getFileName().toString();
                if (!KEPT.contains(name.substring(name.indexOf('-') + 1))) {
                    Files.deleteIfExists(mask.resolve(name));
                    Files.createSymbolicLink(mask.resolve(name), Path.of("/dev/null"));
                }
            }
        }
        GuestStore.run("udevadm", "control", "--reload");
    }
}
