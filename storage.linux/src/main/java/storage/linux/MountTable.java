package storage.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.FileNames;

/**
 * What was mounted when it was read: a snapshot of {@code mountinfo}. Paths are compared as text: absolute, without
 * symbolic links ({@link ProcFd#target}, {@link Path#toRealPath}), in the convention of {@link FileNames}.
 */
public final class MountTable {
    /** Of the thread, not the process: a {@link PrivateThread} has mounts of its own. */
    static final String MOUNTINFO = "/proc/thread-self/mountinfo";

    private final List<MountEntry> entries;

    /** By mount point; where several are stacked, the topmost. */
    private final Map<String, MountEntry> byPath;

    /** By id, made when first needed. */
    private volatile Map<Integer, Integer> depths;

    private MountTable(List<MountEntry> entries) {
        this.entries = List.copyOf(entries);
        byPath = new HashMap<>(entries.size() * 2);
        for (var entry : entries) {
            byPath.merge(normal(entry.mountPoint()), entry, this::upper);
        }
    }

    /** The mounts that the calling thread sees. */
    public static MountTable read() throws IOException {
        return parse(Files.readAllBytes(Path.of(MOUNTINFO)));
    }

    /** A table from the bytes of a {@code mountinfo}. Lines that are none are left out. */
    public static MountTable parse(byte[] mountinfo) {
        var entries = new ArrayList<MountEntry>();
        var start = 0;
        while (start < mountinfo.length) {
            var end = start;
            while (end < mountinfo.length && mountinfo[end] != '\n') {
                end++;
            }
            MountLine.parse(mountinfo, start, end).ifPresent(entries::add);
            start = end + 1;
        }
        return new MountTable(entries);
    }

    /** All mounts, in the kernel's order. */
    public List<MountEntry> entries() {
        return entries;
    }

    /** Whether this very path is a mount point. */
    public boolean isMounted(String path) {
        return byPath.containsKey(normal(path));
    }

    /** The mount on this very path; of several on top of each other, the one that is seen. */
    public Optional<MountEntry> at(String path) {
        return Optional.ofNullable(byPath.get(normal(path)));
    }

    /** The mount that a path lies on. */
    public Optional<MountEntry> containing(String path) {
        var at = normal(path);
        while (true) {
            var entry = byPath.get(at);
            if (entry != null || "/".equals(at) || at.isEmpty()) {
                return Optional.ofNullable(entry);
            }
            var slash = at.lastIndexOf('/');
            at = slash <= 0 ? "/" : at.substring(0, slash);
        }
    }

    /** The mount with this id, {@link Stat#mount}. */
    public Optional<MountEntry> byId(long id) {
        return entries.stream().filter(entry -> entry.id() == id).findFirst();
    }

    /** The mounts on a path and anywhere below it, in an order in which they can be unmounted. */
    public List<MountEntry> below(String path) {
        var top = normal(path);
        var prefix = "/".equals(top) ? top : top + "/";
        var found = new ArrayList<MountEntry>();
        for (var entry : entries) {
            if (entry.mountPoint().equals(top) || entry.mountPoint().startsWith(prefix)) {
                found.add(0, entry);
            }
        }
        var heights = depths();
        // stable: of two at one depth the later mount goes first
        found.sort(Comparator.comparing((MountEntry entry) -> heights.getOrDefault(entry.id(), 0))
                .reversed());
        return List.copyOf(found);
    }

    /** The mounts of a type, such as {@code overlay}. */
    public List<MountEntry> ofType(String type) {
        return entries.stream().filter(entry -> entry.type().equals(type)).toList();
    }

    /** How many mounts each one stands on. A line's order tells nothing: a mount can be moved below a younger one. */
    private Map<Integer, Integer> depths() {
        if (depths == null) {
            depths = MountTable.depths(entries);
        }
        return depths;
    }

    private static Map<Integer, Integer> depths(List<MountEntry> entries) {
        var parents = new HashMap<Integer, Integer>();
        entries.forEach(entry -> parents.put(entry.id(), entry.parent()));
        var depths = new HashMap<Integer, Integer>();
        for (var entry : entries) {
            var chain = new ArrayList<Integer>();
            var at = entry.id();
            // bounded: a table that is no tree must not hang us
            while (parents.containsKey(at) && !depths.containsKey(at) && chain.size() <= entries.size()) {
                chain.add(at);
                at = parents.get(at);
            }
            var depth = depths.getOrDefault(at, 0);
            for (var i = chain.size() - 1; i >= 0; i--) {
                depth++;
                depths.putIfAbsent(chain.get(i), depth);
            }
        }
        return depths;
    }

    /** Of two mounts on one path the one that stands on the other. */
    private MountEntry upper(MountEntry one, MountEntry other) {
        return depths().getOrDefault(one.id(), 0) > depths().getOrDefault(other.id(), 0) ? one : other;
    }

    private static String normal(String path) {
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Text in which the kernel wrote blanks, tabs, line ends, backslashes and others as three octal digits. */
    static String unescape(byte[] bytes, int from, int to) {
        var at = from;
        while (at < to && bytes[at] != '\\') {
            at++;
        }
        if (at == to) {
            return FileNames.decode(bytes, from, to - from);
        }
        var plain = Arrays.copyOfRange(bytes, from, to);
        var count = at - from;
        while (at < to) {
            var code = bytes[at] == '\\' && at + 3 < to ? octal(bytes, at + 1) : -1;
            plain[count++] = code < 0 ? bytes[at] : (byte) code;
            at += code < 0 ? 1 : 4;
        }
        return FileNames.decode(plain, 0, count);
    }

    /** The value of three octal digits up to 377, -1 if they are none. */
    private static int octal(byte[] bytes, int at) {
        var value = 0;
        for (var i = at; i < at + 3; i++) {
            if (bytes[i] < '0' || bytes[i] > '7') {
                return -1;
            }
            value = value << 3 | bytes[i] - '0';
        }
        return value > 0xff ? -1 : value;
    }
}
