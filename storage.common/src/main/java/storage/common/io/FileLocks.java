package storage.common.io;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import storage.linux.Stat;

/** What the kernel tells of file locks: {@code /proc/locks}, proc(5). */
final class FileLocks {
    private FileLocks() {}

    /**
     * The process that holds an flock(2) on a file. Empty if nobody does, or if the kernel does not tell: the process is
     * outside this PID namespace, or the filesystem shows another device number there than to stat(2), as btrfs does.
     */
    static OptionalLong holder(Path file) {
        try (var lines = new BufferedReader(new FileReader("/proc/locks", StandardCharsets.US_ASCII))) {
            var device = (Long) Files.getAttribute(file, "unix:dev");
            var place = "%02x:%02x:%d"
                    .formatted(Stat.major(device), Stat.minor(device), (Long) Files.getAttribute(file, "unix:ino"));
            // 1: FLOCK  ADVISORY  WRITE 26529 fe:00:1234 0 EOF
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                var words = line.trim().split("\\s+", -1);
                if (words.length > 5 && words[1].equals("FLOCK") && words[5].equals(place)) {
                    var pid = Long.parseLong(words[4]);
                    return pid > 0 ? OptionalLong.of(pid) : OptionalLong.empty();
                }
            }
            return OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
