package storage.common.archive;

import java.util.Arrays;
import storage.api.StorageException;
import storage.common.tar.TarEntry;

/**
 * A name of an archive taken apart. Leading slashes, {@code .} and empty components are dropped and {@code ..} goes up,
 * but never above the root, before any symbolic link is looked at. Reused from entry to entry.
 */
final class EntryPath {
    private final ArchiveLimits limits;
    private byte[] name = {};
    private int[] starts = new int[32];
    private int[] ends = new int[32];
    private int count;

    EntryPath(ArchiveLimits limits) {
        this.limits = limits;
    }

    void parse(byte[] bytes) throws StorageException {
        name = bytes;
        count = 0;
        var from = 0;
        for (var i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                component(from, i);
                from = i + 1;
            }
        }
    }

    private void component(int from, int to) throws StorageException {
        var length = to - from;
        if (length == 0 || length == 1 && name[from] == '.') {
            return;
        }
        if (length == 2 && name[from] == '.' && name[from + 1] == '.') {
            count = Math.max(0, count - 1);
            return;
        }
        // a whiteout's name is longer than that of the file it hides
        if (length > limits.maxNameBytes() + (Marks.isMark(name, from, to) ? Marks.WHITEOUT.length : 0)) {
            throw Refusal.tooMuch("a name of " + length + " bytes in " + TarEntry.shown(name));
        }
        if (count == limits.maxDepth()) {
            throw Refusal.tooMuch("more than " + count + " directories in " + TarEntry.shown(name));
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        starts[count] = from;
        ends[count] = to;
        count++;
    }

    /** How many components; 0 is the root. */
    int count() {
        return count;
    }

    byte[] component(int i) {
        return Arrays.copyOfRange(name, starts[i], ends[i]);
    }

    byte[] last() {
        return component(count - 1);
    }

    /** Whether any component before the last is a name that marks whiteouts. */
    boolean isBelowMark() {
        for (var i = 0; i < count - 1; i++) {
            if (Marks.isMark(name, starts[i], ends[i])) {
                return true;
            }
        }
        return false;
    }

    boolean isMark() {
        return count > 0 && Marks.isMark(name, starts[count - 1], ends[count - 1]);
    }

    /** Whether the last component's directory has the same name as another path's. */
    boolean hasSameParent(EntryPath other) {
        if (count != other.count) {
            return false;
        }
        for (var i = 0; i < count - 1; i++) {
            if (!Arrays.equals(name, starts[i], ends[i], other.name, other.starts[i], other.ends[i])) {
                return false;
            }
        }
        return true;
    }
}
