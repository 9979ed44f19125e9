package storage.linux;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import storage.api.FileNames;

/**
 * One mount, a line of {@code /proc/PID/mountinfo} (proc_pid_mountinfo(5)). Fields are decoded when they are asked for,
 * because tables are long and most questions concern one mount. Texts are in the convention of {@link FileNames}.
 */
public final class MountEntry {
    private static final String DELETED = "//deleted";

    private final byte[] table;
    private final int id;
    private final int parent;
    private final long device;
    private final String mountPoint;

    /** Where root, options, propagation, type, source and superblock options begin; then where each ends. */
    private final int[] from;

    private final int[] to;

    MountEntry(byte[] table, int id, int parent, long device, String mountPoint, int[] from, int[] to) {
        this.table = table;
        this.id = id;
        this.parent = parent;
        this.device = device;
        this.mountPoint = mountPoint;
        this.from = from;
        this.to = to;
    }

    /** Identifies the mount while it exists; {@link Stat#mount} of files on it. */
    public int id() {
        return id;
    }

    /** The mount it lies on; of the topmost one itself, or one that this process cannot see. */
    public int parent() {
        return parent;
    }

    /** The device of its files, as {@link Stat#device(int, int)}. */
    public long device() {
        return device;
    }

    /** Where it is mounted, seen from the root of the process. */
    public String mountPoint() {
        return mountPoint;
    }

    /** Which directory of the filesystem is its root: {@code /} unless a part was bound. */
    public String root() {
        var text = text(0);
        return text.endsWith(DELETED) ? text.substring(0, text.length() - DELETED.length()) : text;
    }

    /** Whether the directory (or file) that was bound here has been deleted since. */
    public boolean isDeleted() {
        return text(0).endsWith(DELETED);
    }

    /** Options of the mount, such as {@code rw} and {@code noatime}. */
    public List<String> options() {
        return list(1);
    }

    /** Whether nothing can be written through this mount: the mount or its filesystem is read-only. */
    public boolean isReadOnly() {
        return options().contains("ro") || superOptions().contains("ro");
    }

    /** Propagation, such as {@code shared:1} and {@code master:2}; empty for a private mount. */
    public List<String> propagation() {
        return from[2] >= to[2] ? List.of() : List.of(raw(2).split(" ", -1));
    }

    /** The type, such as {@code overlay} or {@code fuse.sshfs}. */
    public String type() {
        return text(3);
    }

    /** What was mounted: a device, or whatever text the caller of mount(2) gave. */
    public String source() {
        return text(4);
    }

    /** Options of the filesystem, each as it was given to mount(2): the kernel's escapes are undone. */
    public List<String> superOptions() {
        return list(5);
    }

    /** The value of an option of the filesystem, such as {@code upperdir}; empty text for one without a value. */
    public Optional<String> superOption(String name) {
        return superOptions().stream()
                .filter(o -> o.startsWith(name) && (o.length() == name.length() || o.charAt(name.length()) == '='))
                .map(o -> o.substring(Math.min(o.length(), name.length() + 1)))
                .findFirst();
    }

    private String raw(int field) {
        return FileNames.decode(table, from[field], to[field] - from[field]);
    }

    private String text(int field) {
        return MountTable.unescape(table, from[field], to[field]);
    }

    /** Split before the escapes are undone: a comma inside a value is escaped. */
    private List<String> list(int field) {
        return Arrays.stream(raw(field).split(",", -1))
                .filter(option -> !option.isEmpty())
                .map(FileNames::encode)
                .map(bytes -> MountTable.unescape(bytes, 0, bytes.length))
                .toList();
    }

    @Override
    public String toString() {
        return mountPoint + " (" + type() + ")";
    }
}
