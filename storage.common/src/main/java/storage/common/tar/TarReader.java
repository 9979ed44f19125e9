package storage.common.tar;

import static storage.common.tar.TarFormat.BLOCK;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import storage.api.StorageException;

/**
 * Reads an archive from front to back: ustar, GNU and PAX, the way the engine reads them. Every byte is suspected:
 * what comes out is a valid entry, a {@link StorageException}, or what the stream throws.
 */
public final class TarReader {
    /** More headers than this before one entry are no archive that anyone writes. */
    private static final int MAX_EXTENSIONS = 16;

    private static final byte[] NOTHING = {};

    private final TarInput in;
    private final TarLimits limits;
    private final TarHeader header = new TarHeader();
    private final PaxRecords pax = new PaxRecords();
    private final PaxRecords global = new PaxRecords();
    private byte[] longName;
    private byte[] longLink;

    /** Bytes of the current entry's content that have not been given out. */
    private long content;

    /** Bytes behind the content that fill its last block. */
    private int padding;

    private ByteBuffer window;
    private int windowEnd;

    public TarReader(InputStream archive, TarLimits limits) {
        this.in = new TarInput(archive);
        this.limits = limits;
    }

    /**
     * Goes to the next entry.
     *
     * @param entry filled
     * @return false at the end of the archive
     */
    public boolean next(TarEntry entry) throws IOException {
        skipContent();
        pax.clear();
        pax.inherit(global);
        entry.sparse.clear();
        longName = null;
        longLink = null;
        for (var extensions = 0; readHeader(); extensions++) {
            if (extensions > MAX_EXTENSIONS) {
                throw TarFormat.bad("too many extension headers for one entry");
            }
            switch (header.type()) {
                case TarFormat.PAX -> pax.parse(extension(limits.maxHeaderBytes()), limits, entry.sparse);
                case TarFormat.PAX_GLOBAL -> global(extension(limits.maxHeaderBytes()));
                case TarFormat.GNU_LONG_NAME -> longName = longText();
                case TarFormat.GNU_LONG_LINK -> longLink = longText();
                default -> {
                    fill(entry);
                    return true;
                }
            }
        }
        return false;
    }

    private void global(byte[] records) throws StorageException {
        global.parse(records, limits, new SparseMap());
        pax.inherit(global);
    }

    /**
     * Reads what lies behind the end of the archive, so that its writer does not hang.
     *
     * @param most how many bytes; a few compressed ones can stand for any number
     */
    public void drain(long most) throws IOException {
        if (in.skip(most) == 0 && in.some() != null) {
            throw TarFormat.tooMuch("more than " + most + " bytes behind its end");
        }
    }

    /**
     * The next piece of the entry's content, to be used up before anything else is asked for.
     *
     * @param max how many bytes at most
     * @return a direct buffer, or null at the end of the content
     */
    public ByteBuffer content(long max) throws IOException {
        closeWindow();
        if (content == 0 || max == 0) {
            return null;
        }
        window = in.some();
        if (window == null) {
            throw TarFormat.bad("it ends inside a file's content");
        }
        windowEnd = window.limit();
        var count = (int) Math.min(Math.min(content, max), window.remaining());
        window.limit(window.position() + count);
        content -= count;
        return window;
    }

    /**
     * Lends the piece that {@link #content} has just answered, so that what lies in it stays as it is until it is given
     * back. Who uses this has to give back everything when {@code hurry} is called (see {@link #beforeWaiting}).
     */
    public Chunk lend() {
        return in.lend();
    }

    /** Something that may fail. */
    @FunctionalInterface
    public interface Hurry {
        void now() throws IOException;
    }

    /** What to do before the reader waits for a chunk that was lent: whoever keeps one that nobody works on passes it on. */
    public void beforeWaiting(Hurry hurry) {
        in.hurry(hurry::now);
    }

    private void closeWindow() {
        if (window != null) {
            window.position(window.limit());
            window.limit(windowEnd);
            window = null;
        }
    }

    private void skipContent() throws IOException {
        closeWindow();
        if (in.skip(content + padding) > 0) {
            throw TarFormat.bad("it ends inside a file's content");
        }
        content = 0;
        padding = 0;
    }

    /** Reads a header block; false at the two blocks of zeros, of which the second may be missing. */
    private boolean readHeader() throws IOException {
        readBlock(header.block, "it ends without the end mark");
        if (!header.isZero()) {
            header.verifyChecksum();
            return true;
        }
        var more = in.read(header.block, BLOCK);
        if (more == BLOCK ? !header.isZero() : more != 0) {
            throw TarFormat.bad("a block of zeros lies between its entries");
        }
        return false;
    }

    private void readBlock(byte[] block, String ifMissing) throws IOException {
        if (in.read(block, BLOCK) < BLOCK) {
            throw TarFormat.bad(ifMissing);
        }
    }

    /** The content of an extension header. */
    private byte[] extension(int most) throws IOException {
        var size = header.number(TarFormat.SIZE, TarFormat.LONG_NUMBER, "size");
        if (size < 0) {
            throw TarFormat.bad("a header's size is negative");
        }
        if (size > most) {
            throw TarFormat.tooMuch("an extension header of " + size + " bytes");
        }
        // grows with what really comes, so that a header alone costs no memory
        var bytes = new byte[(int) Math.min(size, 64 << 10)];
        var done = 0;
        while (true) {
            var count = in.read(bytes, bytes.length, done);
            done += count;
            if (done < bytes.length) {
                throw TarFormat.bad("it ends inside an extension header");
            }
            if (done == size) {
                break;
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(size, bytes.length * 4L));
        }
        if (in.skip(TarFormat.padding(size)) > 0) {
            throw TarFormat.bad("it ends inside an extension header");
        }
        return bytes;
    }

    private byte[] longText() throws IOException {
        var bytes = extension(limits.maxPathBytes() + BLOCK);
        var length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void fill(TarEntry entry) throws IOException {
        entry.type = header.type();
        entry.name = pax.path != null ? pax.path : longName != null ? longName : header.name();
        entry.link = NOTHING;
        entry.mode = (int) header.number(TarFormat.MODE, TarFormat.SHORT_NUMBER, "mode") & 07777;
        entry.uid = pax.uid != null ? pax.uid : header.number(TarFormat.UID, TarFormat.SHORT_NUMBER, "owner");
        entry.gid = pax.gid != null ? pax.gid : header.number(TarFormat.GID, TarFormat.SHORT_NUMBER, "group");
        entry.seconds =
                pax.seconds != null ? pax.seconds : header.number(TarFormat.MTIME, TarFormat.LONG_NUMBER, "time");
        entry.nanos = pax.seconds != null ? pax.nanos : 0;
        entry.major = 0;
        entry.minor = 0;
        entry.size = 0;
        entry.isSparse = false;
        entry.xattrs.clear();
        entry.xattrs.addAll(pax.xattrs);
        switch (entry.type) {
            case TarFormat.OLD_REGULAR -> {
                var directory = entry.name.length > 0 && entry.name[entry.name.length - 1] == '/';
                entry.type = directory ? TarFormat.DIRECTORY : TarFormat.REGULAR;
                regular(entry);
            }
            case TarFormat.REGULAR, TarFormat.CONTIGUOUS, TarFormat.GNU_SPARSE -> regular(entry);
            case TarFormat.HARD_LINK, TarFormat.SYMLINK ->
                entry.link = pax.linkPath != null
                        ? pax.linkPath
                        : longLink != null ? longLink : header.text(TarFormat.LINK, TarFormat.NAME_LENGTH);
            case TarFormat.CHARACTER_DEVICE, TarFormat.BLOCK_DEVICE -> device(entry);
            case TarFormat.DIRECTORY, TarFormat.FIFO -> {
                // a size that these carry is no content
            }
            default ->
                throw TarFormat.bad("entry " + entry.shownName() + " is of the unknown type '"
                        + TarEntry.shown(new byte[] {entry.type}) + "'");
        }
        if (entry.name.length > limits.maxPathBytes() || entry.link.length > limits.maxPathBytes()) {
            throw TarFormat.tooMuch("a name of " + Math.max(entry.name.length, entry.link.length) + " bytes");
        }
    }

    private void device(TarEntry entry) throws StorageException {
        if (header.hasDevice()) {
            var major = header.number(TarFormat.MAJOR, TarFormat.SHORT_NUMBER, "device number");
            var minor = header.number(TarFormat.MINOR, TarFormat.SHORT_NUMBER, "device number");
            // 12 and 20 bits, linux/kdev_t.h
            if (major < 0 || major >= 1 << 12 || minor < 0 || minor >= 1 << 20) {
                throw TarFormat.bad("entry " + entry.shownName() + " has a device number that no device has");
            }
            entry.major = (int) major;
            entry.minor = (int) minor;
        }
    }

    private void regular(TarEntry entry) throws IOException {
        var size = pax.size != null ? pax.size : header.number(TarFormat.SIZE, TarFormat.LONG_NUMBER, "size");
        if (size < 0 || size > Long.MAX_VALUE - BLOCK) {
            throw TarFormat.bad("entry " + entry.shownName() + " has a size that no file has");
        }
        content = size;
        padding = TarFormat.padding(size);
        entry.size = size;
        if (entry.type == TarFormat.DIRECTORY) {
            // one of the old kind; as with the new kind its size is no content
            content = 0;
            padding = 0;
            entry.size = 0;
        } else if (entry.type == TarFormat.GNU_SPARSE) {
            oldSparse(entry);
        } else if (pax.sparseVersion || pax.sparseMap) {
            paxSparse(entry);
        }
        if (entry.type != TarFormat.DIRECTORY) {
            entry.type = TarFormat.REGULAR;
        }
    }

    private void oldSparse(TarEntry entry) throws IOException {
        entry.isSparse = true;
        entry.sparse.clear();
        entry.size = header.number(TarFormat.GNU_REAL_SIZE, TarFormat.LONG_NUMBER, "size");
        var slots = slots(entry.sparse, TarFormat.GNU_SPARSE_MAP, TarFormat.GNU_SPARSE_SLOTS);
        var more = header.block[TarFormat.GNU_SPARSE_EXTENDED] != 0;
        while (more) {
            readBlock(header.block, "it ends inside a sparse file's map");
            slots = slots && slots(entry.sparse, 0, TarFormat.GNU_EXTENSION_SLOTS);
            more = header.block[TarFormat.GNU_EXTENSION_MORE] != 0;
        }
        entry.sparse.verify(entry.size, content);
    }

    /** Reads parts of a map until an empty slot; answers whether all were in use. */
    private boolean slots(SparseMap map, int offset, int count) throws StorageException {
        for (var i = 0; i < count; i++) {
            var at = offset + i * 2 * TarFormat.LONG_NUMBER;
            if (header.block[at] == 0 || header.block[at + TarFormat.LONG_NUMBER] == 0) {
                return false;
            }
            map.add(
                    header.number(at, TarFormat.LONG_NUMBER, "sparse map"),
                    header.number(at + TarFormat.LONG_NUMBER, TarFormat.LONG_NUMBER, "sparse map"));
        }
        return true;
    }

    private void paxSparse(TarEntry entry) throws IOException {
        if (pax.sparseVersion && !(pax.sparseMajor == 1 && pax.sparseMinor == 0) && pax.sparseMajor != 0) {
            throw TarFormat.bad("entry " + entry.shownName() + " is sparse in a way that is not known");
        }
        if (pax.sparseSize == null) {
            throw TarFormat.bad("sparse entry " + entry.shownName() + " does not tell its size");
        }
        entry.isSparse = true;
        entry.size = pax.sparseSize;
        if (pax.sparseName != null) {
            entry.name = pax.sparseName;
        }
        if (pax.sparseVersion && pax.sparseMajor == 1) {
            entry.sparse.clear();
            leadingMap(entry.sparse);
        }
        entry.sparse.verify(entry.size, content);
    }

    /** Version 1.0: the map lies before the content, one number a line, filled up to whole blocks. */
    private void leadingMap(SparseMap map) throws IOException {
        var lines = new MapLines();
        var count = lines.number();
        if (count > SparseMap.MAX_PARTS) {
            throw TarFormat.tooMuch("a sparse file of " + count + " parts");
        }
        for (var i = 0L; i < count; i++) {
            var offset = lines.number();
            map.add(offset, lines.number());
        }
    }

    private final class MapLines {
        private final byte[] block = new byte[BLOCK];
        private int at = BLOCK;

        long number() throws IOException {
            var result = 0L;
            for (var digits = 0; ; digits++) {
                if (at == BLOCK) {
                    if (content < BLOCK) {
                        throw TarFormat.bad("a sparse file's map is cut off");
                    }
                    readBlock(block, "it ends inside a sparse file's map");
                    content -= BLOCK;
                    at = 0;
                }
                var b = block[at++];
                if (b == '\n' && digits > 0) {
                    return result;
                }
                if (b < '0' || b > '9' || digits > 18) {
                    throw TarFormat.bad("a sparse file's map holds what is no number");
                }
                result = result * 10 + (b - '0');
                if (result < 0) {
                    throw TarFormat.bad("a sparse file's map holds a number that is too large");
                }
            }
        }
    }
}
