package storage.common.archive;

import java.security.SecureRandom;

/**
 * Paths as numbers, so that millions can be remembered. A polynomial over the bytes modulo the prime 2^61-1, at a point
 * that nobody can guess: two different paths of n bytes have the same number with a probability of n in 2^61, whoever
 * chose them.
 */
final class PathKeys {
    /** Of the root. */
    static final long ROOT = 1;

    private static final long PRIME = (1L << 61) - 1;

    private final long point;

    PathKeys() {
        this.point = (new SecureRandom().nextLong() >>> 4) + 2;
    }

    /** The number of a name in a directory. */
    long child(long directory, byte[] name) {
        var key = step(directory, '/' + 1);
        var i = 0;
        // six bytes a step; one above each, so that a shorter name is never a prefix of zeros
        for (; i + 6 <= name.length; i += 6) {
            var six = 0L;
            for (var k = 0; k < 6; k++) {
                six = six << 8 | name[i + k] & 0xff;
            }
            key = step(key, six + 1 + (1L << 48));
        }
        for (; i < name.length; i++) {
            key = step(key, (name[i] & 0xff) + 1);
        }
        return key;
    }

    private long step(long key, long value) {
        var high = Math.multiplyHigh(key, point);
        var low = key * point;
        // modulo 2^61-1: the bits above 61 are added to those below
        var sum = (low & PRIME) + (low >>> 61 | high << 3) + value;
        sum = (sum & PRIME) + (sum >>> 61);
        return sum >= PRIME ? sum - PRIME : sum;
    }
}
