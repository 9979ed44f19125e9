package storage.common.tar;

import java.util.ArrayList;
import java.util.List;
import storage.common.Xattr;

/** One entry of an archive. A mutable carrier, filled again and again. */
public final class TarEntry {
    /** The constants of {@link TarFormat}; sparse, contiguous and old regular files are REGULAR. */
    public byte type;

    public byte[] name;

    /** The target of a link, empty for all else. */
    public byte[] link;

    /** Permission bits: 12. */
    public int mode;

    public long uid;
    public long gid;

    /** Of the file, in bytes; 0 for all but regular files. */
    public long size;

    public long seconds;
    public int nanos;
    public int major;
    public int minor;

    /** Extended attributes in the order of the archive, names unique. */
    public final List<Xattr> xattrs = new ArrayList<>();

    /** Whether {@link #sparse} says where the content goes. */
    public boolean isSparse;

    public final SparseMap sparse = new SparseMap();

    /** The name, for messages: what a terminal should not see is escaped. */
    public String shownName() {
        return shown(name);
    }

    /** A name, for messages. */
    public static String shown(byte[] name) {
        var text = new StringBuilder();
        storage.api.FileNames.decode(name, 0, Math.min(name.length, 300))
                .codePoints()
                .forEach(c -> {
                    if (c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c >= 0xd800 && c < 0xe000) {
                        text.append(String.format("\\x%02x", c & 0xff));
                    } else {
                        text.appendCodePoint(c);
                    }
                });
        return name.length > 300 ? text.append("...").toString() : text.toString();
    }
}
