package storage.devmapper;

import java.util.BitSet;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/** The numbers of thin devices in a pool: 24 bits, handed out in turn so that one just freed is not taken at once. */
final class DeviceIds {
    static final int LARGEST = 0xffffff;

    private final BitSet used = new BitSet();
    private int last;

    /** @param last the number that was handed out last */
    DeviceIds(int last) {
        this.last = last;
    }

    int last() {
        return last;
    }

    void use(int id) {
        used.set(id);
    }

    void free(int id) {
        used.clear(id);
    }

    /**
     * The next number that is free, which is used from now on.
     *
     * @throws StorageException LIMIT_EXCEEDED if none is
     */
    int next() throws StorageException {
        var next = used.nextClearBit(last == LARGEST ? 0 : last + 1);
        if (next > LARGEST) {
            next = used.nextClearBit(0);
        }
        if (next > LARGEST) {
            throw StorageException.of(
                    Kind.LIMIT_EXCEEDED,
                    "The pool has " + (LARGEST + 1) + " devices, which is all that a thin pool can have",
                    "Remove layers that nothing needs");
        }
        used.set(next);
        last = next;
        return next;
    }
}
