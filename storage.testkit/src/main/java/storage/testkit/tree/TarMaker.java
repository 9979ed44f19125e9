package storage.testkit.tree;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Layer archives for tests, entry by entry in the order given, good or bad. */
public final class TarMaker {
    private static final Instant TIME = Instant.ofEpochSecond(1_400_000_000L);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar;

    public TarMaker() {
        tar = new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    /** Changes an entry before it is written. */
    @FunctionalInterface
    public interface Change {
        void to(TarArchiveEntry entry);
    }

    public TarMaker directory(String path, int mode) {
        return entry(path.endsWith("/") ? path : path + "/", TarConstants.LF_DIR, new byte[0], e -> e.setMode(mode));
    }

    public TarMaker file(String path, String content) {
        return entry(path, TarConstants.LF_NORMAL, content.getBytes(StandardCharsets.UTF_8), e -> e.setMode(0644));
    }

    public TarMaker symlink(String path, String target) {
        return entry(path, TarConstants.LF_SYMLINK, new byte[0], e -> e.setLinkName(target));
    }

    public TarMaker link(String path, String existing) {
        return entry(path, TarConstants.LF_LINK, new byte[0], e -> e.setLinkName(existing));
    }

    public TarMaker device(String path, int major, int minor) {
        return entry(path, TarConstants.LF_CHR, new byte[0], e -> {
            e.setMode(0660);
            e.setDevMajor(major);
            e.setDevMinor(minor);
        });
    }

    /** Hides what lower layers have at this path. */
    public TarMaker whiteout(String path) {
        var slash = path.lastIndexOf('/') + 1;
        return file(path.substring(0, slash) + ".wh." + path.substring(slash), "");
    }

    /** Hides everything that lower layers have in this directory. */
    public TarMaker opaque(String directory) {
        return file(directory + "/.wh..wh..opq", "");
    }

    /** Any entry. Names are taken as they are. */
    public TarMaker entry(String path, byte type, byte[] content, Change change) {
        try {
            var entry = new TarArchiveEntry(path, type, true);
            entry.setSize(content.length);
            entry.setIds(0, 0);
            entry.setLastModifiedTime(FileTime.from(TIME));
            change.to(entry);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The archive; nothing can be added any more. */
    public byte[] bytes() {
        try {
            tar.close();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public InputStream stream() {
        return new ByteArrayInputStream(bytes());
    }
}
