package storage.common.tar;

import static storage.common.tar.TarFormat.BLOCK;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import storage.api.StorageException;

/**
 * Takes an archive apart as it streams by, in pieces of any size, into what is content of files and what is not. It
 * judges nothing: bytes that make no sense as an archive are no content.
 */
public final class TarSplitter {
    /** Hears what a stream is made of, in order. */
    public interface Parts {
        /** Bytes that are no content: headers, padding, the end. */
        void bytes(byte[] bytes, int offset, int length) throws IOException;

        /**
         * An entry, of which type, name, link and size are known; its header has been heard as bytes.
         *
         * @return whether its content is to come as {@link #content}; else it comes as bytes
         */
        boolean entry(TarEntry entry) throws IOException;

        void content(byte[] bytes, int offset, int length) throws IOException;

        /** The content of the entry, of which there was some, is complete. */
        void contentEnds() throws IOException;
    }

    private enum State {
        HEADER,
        EXTENSION,
        CONTENT,
        /** Further blocks of a sparse file's map, before its content. */
        MAP,
        /** Content that is heard as bytes, or padding. */
        PASS,
        /** Behind the end of the archive, or behind what is none. */
        REST
    }

    /** Longer extension headers are no longer looked into. */
    private static final int MAX_EXTENSION = 16 << 20;

    private static final byte[] NOTHING = {};

    private static final TarLimits LIMITS = new TarLimits(1 << 16, 1 << 16, MAX_EXTENSION);

    private final Parts parts;
    private final TarHeader header = new TarHeader();
    private final PaxRecords pax = new PaxRecords();
    private final TarEntry entry = new TarEntry();
    private final ByteArrayOutputStream extension = new ByteArrayOutputStream();
    private State state = State.HEADER;
    private byte extensionType;
    private byte[] longName;
    private byte[] longLink;
    private int filled;

    /** Bytes left in this state; of an extension without its padding. */
    private long left;

    /** Bytes of padding that follow. */
    private int padding;

    public TarSplitter(Parts parts) {
        this.parts = parts;
    }

    /** The next bytes of the stream. */
    public void accept(byte[] bytes, int offset, int length) throws IOException {
        var at = offset;
        var end = offset + length;
        while (at < end) {
            at += switch (state) {
                case HEADER -> header(bytes, at, end);
                case EXTENSION -> extension(bytes, at, end);
                case MAP -> map(bytes, at, end);
                case CONTENT -> content(bytes, at, end);
                case PASS -> pass(bytes, at, end);
                case REST -> rest(bytes, at, end);
            };
        }
    }

    private int rest(byte[] bytes, int from, int end) throws IOException {
        parts.bytes(bytes, from, end - from);
        return end - from;
    }

    private int pass(byte[] bytes, int from, int end) throws IOException {
        var count = (int) Math.min(left, end - from);
        parts.bytes(bytes, from, count);
        left -= count;
        if (left == 0) {
            state = State.HEADER;
        }
        return count;
    }

    private int content(byte[] bytes, int from, int end) throws IOException {
        var count = (int) Math.min(left, end - from);
        parts.content(bytes, from, count);
        left -= count;
        if (left == 0) {
            parts.contentEnds();
            passOver(padding);
        }
        return count;
    }

    private void passOver(long count) {
        left = count;
        state = count == 0 ? State.HEADER : State.PASS;
    }

    private int extension(byte[] bytes, int from, int end) throws IOException {
        var count = (int) Math.min(left, end - from);
        parts.bytes(bytes, from, count);
        extension.write(bytes, from, count);
        left -= count;
        if (left == 0) {
            passOver(padding);
            try {
                extended(extension.toByteArray());
            } catch (StorageException e) {
                state = State.REST;
            }
        }
        return count;
    }

    private void extended(byte[] content) throws StorageException {
        switch (extensionType) {
            case TarFormat.PAX -> pax.parse(content, LIMITS, entry.sparse);
            case TarFormat.GNU_LONG_NAME -> longName = untilZero(content);
            case TarFormat.GNU_LONG_LINK -> longLink = untilZero(content);
            default -> {
                // global headers say nothing about an entry
            }
        }
    }

    private static byte[] untilZero(byte[] content) {
        var length = 0;
        while (length < content.length && content[length] != 0) {
            length++;
        }
        return java.util.Arrays.copyOf(content, length);
    }

    private int header(byte[] bytes, int from, int end) throws IOException {
        var count = Math.min(BLOCK - filled, end - from);
        System.arraycopy(bytes, from, header.block, filled, count);
        filled += count;
        if (filled == BLOCK) {
            filled = 0;
            parts.bytes(header.block, 0, BLOCK);
            try {
                next();
            } catch (StorageException e) {
                // whoever unpacks the stream says so
                state = State.REST;
            }
        }
        return count;
    }

    private int map(byte[] bytes, int from, int end) throws IOException {
        var count = Math.min(BLOCK - filled, end - from);
        System.arraycopy(bytes, from, header.block, filled, count);
        filled += count;
        if (filled == BLOCK) {
            filled = 0;
            parts.bytes(header.block, 0, BLOCK);
            if (header.block[TarFormat.GNU_EXTENSION_MORE] == 0) {
                passOver(left);
            }
        }
        return count;
    }

    /** What is left of a header that the stream ended in. */
    public void finish() throws IOException {
        if (filled > 0) {
            parts.bytes(header.block, 0, filled);
        }
    }

    private void next() throws IOException {
        if (header.isZero()) {
            state = State.REST;
            return;
        }
        header.verifyChecksum();
        var size = header.number(TarFormat.SIZE, TarFormat.LONG_NUMBER, "size");
        if (size < 0 || size > Long.MAX_VALUE - BLOCK) {
            throw TarFormat.bad("a size that no file has");
        }
        switch (header.type()) {
            case TarFormat.PAX, TarFormat.PAX_GLOBAL, TarFormat.GNU_LONG_NAME, TarFormat.GNU_LONG_LINK ->
                beginExtension(size);
            default -> beginEntry(size);
        }
    }

    private void beginExtension(long size) throws StorageException {
        if (size > MAX_EXTENSION) {
            throw TarFormat.tooMuch("an extension header of " + size + " bytes");
        }
        extensionType = header.type();
        extension.reset();
        left = size;
        padding = TarFormat.padding(size);
        state = State.EXTENSION;
        if (size == 0) {
            passOver(0);
        }
    }

    private byte[] link() {
        if (header.type() != TarFormat.HARD_LINK && header.type() != TarFormat.SYMLINK) {
            return NOTHING;
        }
        if (pax.linkPath != null) {
            return pax.linkPath;
        }
        return longLink != null ? longLink : header.text(TarFormat.LINK, TarFormat.NAME_LENGTH);
    }

    private void beginEntry(long headerSize) throws IOException {
        var size = pax.size != null ? pax.size : headerSize;
        var sparse = header.type() == TarFormat.GNU_SPARSE || pax.sparseVersion || pax.sparseMap;
        entry.type = header.type();
        entry.name = pax.path != null ? pax.path : longName != null ? longName : header.name();
        if (pax.sparseName != null) {
            entry.name = pax.sparseName;
        }
        entry.link = link();
        pax.clear();
        entry.sparse.clear();
        longName = null;
        longLink = null;
        switch (entry.type) {
            case TarFormat.OLD_REGULAR -> {
                if (entry.name.length > 0 && entry.name[entry.name.length - 1] == '/') {
                    entry.type = TarFormat.DIRECTORY;
                    size = 0;
                } else {
                    entry.type = TarFormat.REGULAR;
                }
            }
            case TarFormat.REGULAR, TarFormat.CONTIGUOUS -> entry.type = TarFormat.REGULAR;
            case TarFormat.GNU_SPARSE -> {
                // content and map stay bytes
            }
            default -> size = 0;
        }
        padding = TarFormat.padding(size);
        entry.size = sparse ? 0 : size;
        var wanted = parts.entry(entry);
        if (wanted && entry.size > 0) {
            left = size;
            state = State.CONTENT;
        } else {
            passOver(size + padding);
        }
        if (entry.type == TarFormat.GNU_SPARSE && header.block[TarFormat.GNU_SPARSE_EXTENDED] != 0) {
            state = State.MAP;
        }
    }
}
