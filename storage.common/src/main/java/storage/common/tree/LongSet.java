package storage.common.tree;

import java.util.Arrays;

/** A set of numbers, 8 to 16 bytes each: for inodes and hashed paths, of which there may be millions. */
public final class LongSet {
    private long[] slots = new long[16];
    private int size;
    private boolean hasZero;

    /** Adds a number; false if it was there. */
    public boolean add(long value) {
        if (value == 0) {
            var added = !hasZero;
            hasZero = true;
            return added;
        }
        var i = find(value);
        if (slots[i] == value) {
            return false;
        }
        slots[i] = value;
        size++;
        if (size > slots.length / 2 + slots.length / 8) {
            grow();
        }
        return true;
    }

    public boolean contains(long value) {
        return value == 0 ? hasZero : slots[find(value)] == value;
    }

    public boolean isEmpty() {
        return size == 0 && !hasZero;
    }

    /** Takes a number out; false if it was not there. */
    public boolean remove(long value) {
        if (value == 0) {
            var removed = hasZero;
            hasZero = false;
            return removed;
        }
        var hole = find(value);
        if (slots[hole] != value) {
            return false;
        }
        // whoever stands behind and would rather stand here moves up
        var mask = slots.length - 1;
        for (var i = hole + 1 & mask; slots[i] != 0; i = i + 1 & mask) {
            var wanted = home(slots[i]);
            if ((i - wanted & mask) >= (i - hole & mask)) {
                slots[hole] = slots[i];
                hole = i;
            }
        }
        slots[hole] = 0;
        size--;
        return true;
    }

    private int home(long value) {
        var h = value * 0x9e3779b97f4a7c15L;
        return (int) (h >>> 32) & slots.length - 1;
    }

    private int find(long value) {
        var mask = slots.length - 1;
        var i = home(value);
        while (slots[i] != 0 && slots[i] != value) {
            i = i + 1 & mask;
        }
        return i;
    }

    private void grow() {
        var old = slots;
        slots = new long[Math.multiplyExact(old.length, 2)];
        Arrays.stream(old).filter(value -> value != 0).forEach(value -> slots[find(value)] = value);
    }
}
