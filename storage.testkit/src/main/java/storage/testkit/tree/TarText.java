package storage.testkit.tree;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** An archive as text, one line an entry, so that what differs between two can be read. */
public final class TarText {
    private TarText() {}

    public static List<String> lines(byte[] archive) throws IOException {
        var lines = new ArrayList<String>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive), StandardCharsets.UTF_8.name())) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var content = new CRC32();
                content.update(tar.readAllBytes());
                lines.add(String.format(
                        "%s %c %06o %d:%d t=%s size=%d crc=%x link=%s dev=%d:%d %s",
                        entry.getName(),
                        (char) entry.getLinkFlag(),
                        entry.getMode(),
                        entry.getLongUserId(),
                        entry.getLongGroupId(),
                        entry.getLastModifiedTime(),
                        entry.getSize(),
                        content.getValue(),
                        entry.getLinkName(),
                        entry.getDevMajor(),
                        entry.getDevMinor(),
                        new TreeMap<>(entry.getExtraPaxHeaders())));
            }
        }
        return lines;
    }
}
