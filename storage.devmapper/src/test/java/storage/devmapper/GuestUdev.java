package storage.devmapper;

import java.nio.file.Files;
import java.nio.file.Path;

/** The guest's udev. */
final class GuestUdev {
    static final Path RUNS = Path.of("/run/udev");

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
                if (!name.contains("udev-default") && !name.contains("dm")) {
                    Files.deleteIfExists(mask.resolve(name));
                    Files.createSymbolicLink(mask.resolve(name), Path.of("/dev/null"));
                }
            }
        }
        GuestStore.run("udevadm", "control", "--reload");
    }
}
