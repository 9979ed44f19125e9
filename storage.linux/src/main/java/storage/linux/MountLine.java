package storage.linux;

import java.util.Optional;

/**
 * Takes one line of mountinfo apart:
 * {@code 36 35 98:0 /root /mount/point rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue}. Nothing in it can
 * make it fail; what is not such a line gives nothing.
 */
final class MountLine {
    private final byte[] table;
    private final int end;

    /** Where the next field begins; beyond {@link #end} behind the last. */
    private int at;

    private int from;
    private int to;

    private MountLine(byte[] table, int start, int end) {
        this.table = table;
        this.at = start;
        this.end = end;
    }

    static Optional<MountEntry> parse(byte[] table, int start, int end) {
        return Optional.ofNullable(new MountLine(table, start, end).entry());
    }

    private MountEntry entry() {
        var id = number();
        var parent = number();
        var device = device();
        var from = new int[6];
        var to = new int[6];
        var complete = id >= 0 && parent >= 0 && device >= 0 && field(from, to, 0) && next();
        if (!complete) {
            return null;
        }
        var mountPoint = MountTable.unescape(table, this.from, this.to);
        complete = field(from, to, 1)
                && propagation(from, to)
                && field(from, to, 3)
                && sourceAndOptions(from, to)
                && mountPoint.startsWith("/");
        return complete ? new MountEntry(table, id, parent, device, mountPoint, from, to) : null;
    }

    /** Moves to the next field, which a single blank ends: two blanks mean an empty field. */
    private boolean next() {
        if (at > end) {
            return false;
        }
        from = at;
        to = at;
        while (to < end && table[to] != ' ') {
            to++;
        }
        at = to + 1;
        return true;
    }

    private boolean field(int[] starts, int[] ends, int index) {
        if (!next()) {
            return false;
        }
        starts[index] = from;
        ends[index] = to;
        return true;
    }

    /** Any number of fields up to one that is a hyphen. */
    private boolean propagation(int[] starts, int[] ends) {
        starts[2] = at;
        while (next()) {
            if (to - from == 1 && table[from] == '-') {
                ends[2] = Math.max(starts[2], from - 1);
                return true;
            }
        }
        return false;
    }

    /** The source may be empty, and options of odd filesystems may hold blanks: they take the rest of the line. */
    private boolean sourceAndOptions(int[] starts, int[] ends) {
        if (!field(starts, ends, 4) || !field(starts, ends, 5)) {
            return false;
        }
        ends[5] = end;
        return true;
    }

    private int number() {
        return next() ? number(from, to) : -1;
    }

    /** Major and minor number as one. */
    private long device() {
        if (!next()) {
            return -1;
        }
        var colon = from;
        while (colon < to && table[colon] != ':') {
            colon++;
        }
        var major = number(from, colon);
        var minor = number(Math.min(colon + 1, to), to);
        return major < 0 || minor < 0 ? -1 : Stat.device(major, minor);
    }

    /** -1 for what is no number below 2^31. */
    private int number(int start, int stop) {
        var value = start < stop && stop - start <= 10 ? 0L : -1L;
        for (var i = start; i < stop && value >= 0; i++) {
            value = table[i] >= '0' && table[i] <= '9' ? value * 10 + table[i] - '0' : -1;
        }
        return value > Integer.MAX_VALUE ? -1 : (int) value;
    }
}
