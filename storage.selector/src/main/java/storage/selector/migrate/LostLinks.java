package storage.selector.migrate;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import storage.api.Layer;
import storage.api.LayerStore;
import storage.common.io.CountedInput;
import storage.common.io.Pump;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarReader;
import storage.common.tar.TarWriter;

/**
 * A difference with the hard links that it lacks: a new name of a file that the parent has as well is a file of its own in
 * a difference, because only one end of the link is in it. Here the other names follow, as links to the one that is there.
 * They are looked for in the archive of the whole tree.
 */
final class LostLinks {
    /** The end mark of an archive that a store has written, in bytes. */
    private static final int END = 1024;

    private final LayerStore store;
    private final Layer layer;

    LostLinks(LayerStore store, Layer layer) {
        this.store = store;
        this.layer = layer;
    }

    /** Makes the archive, in what {@link Pump} has read. */
    @FunctionalInterface
    interface Use {
        void of(InputStream archive) throws IOException;
    }

    /** @return false if nothing is lacking, and so nothing was done */
    boolean with(Use use) throws IOException {
        var difference = new Names(layer.parent());
        var links = new ByteArrayOutputStream();
        var writer = new TarWriter(links);
        var found = false;
        for (var group : groups()) {
            var there = group.stream().filter(difference.names::contains).findFirst();
            for (var name : there.isPresent() ? group : List.<Name>of()) {
                if (!difference.names.contains(name)) {
                    found = true;
                    link(writer, name, there.get());
                }
            }
        }
        if (!found) {
            return false;
        }
        writer.end();
        try (var archive = new Pump("storage-migrate", out -> store.diff(layer.id(), layer.parent(), out))) {
            use.of(new SequenceInputStream(
                    new Beginning(archive, difference.bytes.get() - END),
                    new ByteArrayInputStream(links.toByteArray())));
        }
        return true;
    }

    private static void link(TarWriter writer, Name name, Name target) throws IOException {
        var entry = TarWriter.entry();
        entry.type = TarFormat.HARD_LINK;
        entry.name = name.bytes();
        entry.link = target.bytes();
        writer.header(entry);
    }

    /** The names that belong to one file each, of files with several. */
    private Iterable<List<Name>> groups() throws IOException {
        return new Names(Optional.empty()).groups.values();
    }

    /** A name as bytes, to be looked up: every byte is a character of the text, and back. */
    private record Name(String text) {
        static Name of(byte[] bytes) {
            return new Name(new String(bytes, StandardCharsets.ISO_8859_1));
        }

        byte[] bytes() {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /** What one archive names. */
    private final class Names {
        final Set<Name> names = new LinkedHashSet<>();
        final Map<Name, List<Name>> groups = new LinkedHashMap<>();
        final AtomicLong bytes = new AtomicLong();

        Names(Optional<storage.api.LayerId> against) throws IOException {
            try (var archive = new Pump("storage-migrate", out -> store.diff(layer.id(), against, out));
                    var counted = new CountedInput(archive, bytes)) {
                var reader = new TarReader(counted, TreeDigest.LIMITS);
                var entry = new TarEntry();
                while (reader.next(entry)) {
                    var name = Name.of(entry.name);
                    names.add(name);
                    if (entry.type == TarFormat.HARD_LINK) {
                        var first = Name.of(entry.link);
                        groups.computeIfAbsent(first, key -> new ArrayList<>(List.of(key)))
                                .add(name);
                    }
                }
                reader.drain(Long.MAX_VALUE);
            }
        }
    }

    /** So many bytes of a stream, and no more. */
    private static final class Beginning extends FilterInputStream {
        private long left;

        Beginning(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            left--;
            return super.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            var read = super.read(buffer, offset, (int) Math.min(length, left));
            left -= Math.max(0, read);
            return read;
        }
    }
}
