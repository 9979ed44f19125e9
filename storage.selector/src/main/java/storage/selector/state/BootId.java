package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The id that the kernel gives each boot, random(4). */
public final class BootId {
    private BootId() {}

    /** This boot's; the empty text where the kernel does not tell, so that holds last for ever there. */
    public static String current() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
