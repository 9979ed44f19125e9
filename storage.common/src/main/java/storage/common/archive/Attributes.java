package storage.common.archive;

import java.util.Map;

/**
 * What a file should have but could not be given, for lack of privilege. The file on disk says the rest.
 *
 * @param mode type and permission bits of a device node, for which an empty file stands in; 0 if the file's own are right
 * @param uid the owner, as on a host where everything is allowed; -1 if the file's own is right
 * @param gid the group; -1 if the file's own is right
 * @param special the device, as {@code Stat.device} makes it; 0 for all but device nodes
 * @param xattrs extended attributes by name, in {@code FileNames} convention
 */
public record Attributes(int mode, long uid, long gid, long special, Map<String, byte[]> xattrs) {
    public Attributes {
        xattrs = Map.copyOf(xattrs);
    }

    /** Nothing is missing. */
    public static final Attributes NONE = new Attributes(0, -1, -1, 0, Map.of());

    /** Whether nothing is missing. */
    public boolean isNone() {
        return mode == 0 && uid == -1 && gid == -1 && special == 0 && xattrs.isEmpty();
    }
}
