package storage.devmapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.linux.dm.DeviceMapper;

/**
 * The udev cookies in use, a file each: semaphores of the system, which nobody would remove if the process that waits for
 * udev dies. They end with the machine, so each is written down with the boot that it belongs to.
 */
final class CookieJournal implements DeviceMapper.Cookies {
    private static final Logger log = LoggerFactory.getLogger(CookieJournal.class);
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path folder;

    /** @param folder is there, or is not and then nothing is written down */
    CookieJournal(Path folder) {
        this.folder = folder;
    }

    private Path file(int cookie) throws IOException {
        return folder.resolve(Integer.toUnsignedString(cookie) + "." + boot());
    }

    private static String boot() throws IOException {
        return Files.readString(BOOT).strip();
    }

    @Override
    public void opened(int cookie) {
        try {
            if (Files.isDirectory(folder)) {
                Files.write(file(cookie), new byte[0]);
            }
        } catch (IOException e) {
            log.debug("The udev cookie {} is not written down: {}", cookie, e.getMessage());
        }
    }

    @Override
    public void closed(int cookie) {
        try {
            Files.deleteIfExists(file(cookie));
        } catch (IOException e) {
            log.debug("The udev cookie {} stays written down: {}", cookie, e.getMessage());
        }
    }

    /** Ends the cookies that a process of this boot has left, and forgets those of earlier boots. */
    void endLeft(DeviceMapper mapper) throws IOException {
        var boot = boot();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                var name = file.getFileName().toString();
                if (name.matches("\\d{1,10}\\." + boot)) {
                    mapper.complete(Integer.parseUnsignedInt(name.substring(0, name.indexOf('.'))));
                }
                Files.delete(file);
            }
        } catch (NoSuchFileException e) {
            // none was ever written down
        }
    }
}
