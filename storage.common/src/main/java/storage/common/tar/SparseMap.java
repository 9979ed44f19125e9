package storage.common.tar;

import java.util.Arrays;
import storage.api.StorageException;

/** Which parts of a sparse file an archive holds; what lies between them is zeros. Reused from entry to entry. */
public final class SparseMap {
    /** More parts than this are refused: the map has to be held in memory. */
    static final int MAX_PARTS = 1 << 18;

    private long[] offsets = new long[16];
    private long[] lengths = new long[16];
    private int count;

    void clear() {
        count = 0;
    }

    void add(long offset, long length) throws StorageException {
        if (count == MAX_PARTS) {
            throw TarFormat.tooMuch("a sparse file of more than " + MAX_PARTS + " parts");
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    /** Refuses sizes below zero, and maps that overlap, go backwards, reach behind the end, or do not fit the bytes that follow. */
    void verify(long size, long stored) throws StorageException {
        if (size < 0) {
            throw TarFormat.bad("a sparse file's size is negative");
        }
        var end = 0L;
        var sum = 0L;
        for (var i = 0; i < count; i++) {
            if (offsets[i] < end || lengths[i] < 0 || lengths[i] > size - offsets[i]) {
                throw TarFormat.bad("a sparse file's map contradicts itself");
            }
            end = offsets[i] + lengths[i];
            sum += lengths[i];
        }
        if (sum != stored) {
            throw TarFormat.bad("a sparse file's map speaks of " + sum + " bytes, its content has " + stored);
        }
    }

    /** How many parts. */
    public int count() {
        return count;
    }

    /** Where a part lies in the file. */
    public long offset(int part) {
        return offsets[part];
    }

    /** How long a part is, in bytes; may be 0. */
    public long length(int part) {
        return lengths[part];
    }
}
