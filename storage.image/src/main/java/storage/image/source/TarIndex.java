package storage.image.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipEncoding;
import org.apache.commons.compress.archivers.zip.ZipEncodingHelper;
import storage.image.meta.Bad;

/**
 * Where the files of a tar archive lie. Headers are walked here, because the library's streams read extended headers
 * whole into memory, whatever size they claim.
 */
final class TarIndex {
    /**
     * A file or a link.
     *
     * @param size in bytes, 0 for a link
     * @param offset where the content begins
     * @param target where a link leads, from the archive's root; empty for a file
     */
    record Entry(long size, long offset, String target) {}

    private static final int BLOCK = TarConstants.DEFAULT_RCDSIZE;
    private static final int MOST_ENTRIES = 100_000;
    /** The most characters that all names may have together. */
    private static final long MOST_NAMES = 8L << 20;
    /** The largest extended header, in bytes. */
    private static final int LARGEST_EXTENSION = 64 << 10;

    private static final ZipEncoding UTF_8 = ZipEncodingHelper.getZipEncoding("UTF-8");

    private final FileChannel channel;
    private final long end;
    private final Map<String, Entry> entries = new HashMap<>();
    private long names;
    private Extension extension = new Extension();

    private TarIndex(FileChannel channel) throws IOException {
        this.channel = channel;
        end = channel.size();
    }

    /**
     * Walks over an archive.
     *
     * @return by normal name; of a name that is there twice, the last
     */
    static Map<String, Entry> read(FileChannel channel) throws IOException {
        try {
            var index = new TarIndex(channel);
            index.walk();
            return index.entries;
        } catch (ClosedByInterruptException e) {
            throw Bad.interrupted("reading the archive").causedBy(e);
        }
    }

    private void walk() throws IOException {
        var position = 0L;
        while (position + BLOCK <= end) {
            var header = bytes(position, BLOCK);
            if (isZero(header)) {
                return;
            }
            var entry = header(header, position);
            position += BLOCK;
            var size = entry.isLink() || entry.isSymbolicLink() || entry.isDirectory() ? 0 : sizeOf(entry);
            if (size < 0 || size > end - position) {
                throw Bad.archive("The archive is cut off, or the size of a member is a lie");
            }
            take(entry, position, size);
            position += (size + BLOCK - 1) / BLOCK * BLOCK;
        }
        if (position == 0) {
            throw Bad.archive("This is no tar archive");
        }
    }

    private static TarArchiveEntry header(byte[] header, long position) throws IOException {
        try {
            var entry = new TarArchiveEntry(header, UTF_8, false);
            if (entry.isCheckSumOK()) {
                return entry;
            }
        } catch (IllegalArgumentException | IOException e) {
            throw (position == 0 ? Bad.archive("This is no tar archive") : Bad.archive("The archive is damaged"))
                    .causedBy(e);
        }
        throw position == 0
                ? Bad.archive("This is no tar archive")
                : Bad.archive("The archive is damaged: a member's header has a wrong check sum");
    }

    private long sizeOf(TarArchiveEntry entry) {
        return entry.isPaxHeader() || isLong(entry) || extension.size < 0 ? entry.getSize() : extension.size;
    }

    private static boolean isLong(TarArchiveEntry entry) {
        return entry.isGNULongNameEntry() || entry.isGNULongLinkEntry();
    }

    private void take(TarArchiveEntry entry, long position, long size) throws IOException {
        if (entry.isGlobalPaxHeader()) {
            return;
        }
        if (entry.isPaxHeader() || isLong(entry)) {
            if (size > LARGEST_EXTENSION) {
                throw Bad.limit("The archive has a header of %d bytes, %d are the most", size, LARGEST_EXTENSION);
            }
            extension.add(entry.getLinkFlag(), bytes(position, (int) size));
            return;
        }
        var name = extension.name.isEmpty() ? entry.getName() : extension.name;
        var link = extension.link.isEmpty() ? entry.getLinkName() : extension.link;
        var sparse = extension.sparse || entry.isGNUSparse();
        extension = new Extension();
        var normal = Member.normal(name);
        if (normal.isEmpty() || sparse) {
            return;
        }
        if (entry.isSymbolicLink()) {
            var folder = normal.get().lastIndexOf('/');
            var base = link.startsWith("/") || folder < 0 ? "" : normal.get().substring(0, folder + 1);
            put(normal.get(), new Entry(0, 0, base + link));
        } else if (entry.isLink()) {
            put(normal.get(), new Entry(0, 0, link));
        } else if (entry.isFile()) {
            put(normal.get(), new Entry(size, position, ""));
        }
    }

    private void put(String name, Entry entry) throws IOException {
        names += name.length() + entry.target().length();
        entries.put(name, entry);
        if (names > MOST_NAMES || entries.size() > MOST_ENTRIES) {
            throw Bad.limit("The archive has more than %d members, or their names are too long", MOST_ENTRIES);
        }
    }

    private byte[] bytes(long position, int count) throws IOException {
        var bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw Bad.archive("The archive is cut off");
            }
        }
        return bytes.array();
    }

    private static boolean isZero(byte[] block) {
        for (var b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** What the headers before a member say of it. */
    private static final class Extension {
        private String name = "";
        private String link = "";
        private long size = -1;
        private boolean sparse;

        void add(byte kind, byte[] content) throws IOException {
            if (kind == TarConstants.LF_GNUTYPE_LONGNAME) {
                name = text(content, 0, content.length);
            } else if (kind == TarConstants.LF_GNUTYPE_LONGLINK) {
                link = text(content, 0, content.length);
            } else {
                records(content);
            }
        }

        /** {@code LENGTH KEY=VALUE\n}, the length counting itself (pax(1)). */
        private void records(byte[] content) throws IOException {
            var at = 0;
            while (at < content.length && content[at] != 0) {
                var space = at;
                var length = 0;
                while (space < content.length && content[space] >= '0' && content[space] <= '9' && space - at < 6) {
                    length = length * 10 + content[space++] - '0';
                }
                var stop = at + length;
                if (space == at
                        || space >= content.length
                        || content[space] != ' '
                        || stop > content.length
                        || stop <= space + 1
                        || content[stop - 1] != '\n') {
                    throw Bad.archive("The archive has an extended header that is none");
                }
                var record = new String(content, space + 1, stop - space - 2, StandardCharsets.UTF_8);
                record(record);
                at = stop;
            }
        }

        private void record(String record) throws IOException {
            var equals = record.indexOf('=');
            var key = equals < 0 ? record : record.substring(0, equals);
            var value = record.substring(equals + 1);
            switch (key) {
                case "path" -> name = value;
                case "linkpath" -> link = value;
                case "size" -> {
                    if (!value.matches("[0-9]{1,18}")) {
                        throw Bad.archive("The archive has a member whose size is no number");
                    }
                    size = Long.parseLong(value);
                }
                default -> sparse |= key.startsWith("GNU.sparse.");
            }
        }

        private static String text(byte[] bytes, int from, int to) {
            var stop = from;
            while (stop < to && bytes[stop] != 0) {
                stop++;
            }
            return new String(bytes, from, stop - from, StandardCharsets.UTF_8);
        }
    }
}
