package storage.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The permission bits that the process' new files lack, see umask(2), found without changing it. */
public final class ProcessMask {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String FIELD = "Umask:";

    private ProcessMask() {}

    /** The mask: 0022 for most. All bits if the kernel does not tell, as before 4.7. */
    public static int current() throws IOException {
        for (var line : Files.readString(STATUS, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            if (line.startsWith(FIELD)) {
                return Integer.parseInt(line.substring(FIELD.length()).strip(), 8);
            }
        }
        return 0777;
    }
}
