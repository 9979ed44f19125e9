package storage.api;

import java.util.List;

/**
 * How user and group ids inside a layer map to those on the host, as in {@code /proc/PID/uid_map} (user_namespaces(7)).
 *
 * <p>Layers on disk carry host ids, archives carry ids of the inside. Without maps the two are the same.
 *
 * @param uids the ranges of user ids, empty for the identity
 * @param gids the ranges of group ids, empty for the identity
 */
public record IdMaps(List<Range> uids, List<Range> gids) {
    /** Inside and outside are the same. */
    public static final IdMaps IDENTITY = new IdMaps(List.of(), List.of());

    public IdMaps {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /**
     * A run of ids.
     *
     * @param inside the first id inside
     * @param outside the first id on the host
     * @param size how many, at least 1
     */
    public record Range(long inside, long outside, long size) {
        public Range {
            if (inside < 0 || outside < 0 || size < 1 || inside + size > 1L << 32 || outside + size > 1L << 32) {
                throw new IllegalArgumentException("Not a range of 32-bit ids: " + inside + ":" + outside + ":" + size);
            }
        }
    }

    /** Whether nothing is mapped. */
    public boolean isIdentity() {
        return uids.isEmpty() && gids.isEmpty();
    }

    /** The host's id for a user id of the inside, or -1 if no range holds it. */
    public long uidOutside(long inside) {
        return outside(uids, inside);
    }

    /** The host's id for a group id of the inside, or -1 if no range holds it. */
    public long gidOutside(long inside) {
        return outside(gids, inside);
    }

    /** The inside's id for a user id of the host, or -1 if no range holds it. */
    public long uidInside(long outside) {
        return inside(uids, outside);
    }

    /** The inside's id for a group id of the host, or -1 if no range holds it. */
    public long gidInside(long outside) {
        return inside(gids, outside);
    }

    /** The host's user id that is root inside: the owner of driver homes and layer roots. */
    public long rootUid() {
        return Math.max(0, uidOutside(0));
    }

    /** The host's group id that is root inside. */
    public long rootGid() {
        return Math.max(0, gidOutside(0));
    }

    private static long outside(List<Range> ranges, long id) {
        if (ranges.isEmpty()) {
            return id;
        }
        for (var range : ranges) {
            if (id >= range.inside() && id < range.inside() + range.size()) {
                return range.outside() + (id - range.inside());
            }
        }
        return -1;
    }

    private static long inside(List<Range> ranges, long id) {
        if (ranges.isEmpty()) {
            return id;
        }
        for (var range : ranges) {
            if (id >= range.outside() && id < range.outside() + range.size()) {
                return range.inside() + (id - range.outside());
            }
        }
        return -1;
    }
}
