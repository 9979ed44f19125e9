package storage.linux;

import java.io.ByteArrayOutputStream;
import java.util.List;
import storage.api.FileNames;

/**
 * Puts together the option text of mount(2) for overlay. There a comma ends an option, a colon ends a lower directory,
 * and a backslash takes the meaning from whatever follows; the kernel removes such backslashes from {@code upperdir} and
 * {@code workdir} as well, though a colon needs none there.
 */
public final class MountOptions {
    private final ByteArrayOutputStream text = new ByteArrayOutputStream(256);

    /** An option without a value, such as {@code volatile}, or one whose value needs no escapes. */
    public MountOptions flag(String option) {
        return raw(FileNames.encode(option));
    }

    /** An option whose value is a path. */
    public MountOptions path(String name, byte[] path) {
        raw(FileNames.encode(name + "="));
        escape(path, text);
        return this;
    }

    /** An option whose value is a list of paths, divided by colons. */
    public MountOptions paths(String name, List<byte[]> paths) {
        raw(FileNames.encode(name + "="));
        for (var i = 0; i < paths.size(); i++) {
            if (i > 0) {
                text.write(':');
            }
            escape(paths.get(i), text);
        }
        return this;
    }

    /** What mount(2) takes. */
    public byte[] bytes() {
        return text.toByteArray();
    }

    /** Bytes so far: to see whether they stay below {@link Syscalls#pageSize()}. */
    public int length() {
        return text.size();
    }

    /** A path as a value: every backslash, comma and colon behind a backslash. */
    public static byte[] escape(byte[] path) {
        var escaped = new ByteArrayOutputStream(path.length + 8);
        escape(path, escaped);
        return escaped.toByteArray();
    }

    /** The paths in a value: of {@code upperdir} one, of {@code lowerdir} perhaps many. */
    public static List<String> paths(String value) {
        var paths = new java.util.ArrayList<String>();
        var path = new StringBuilder();
        for (var i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            if (c == '\\' && i + 1 < value.length()) {
                i++;
                path.append(value.charAt(i));
            } else if (c == ':') {
                paths.add(path.toString());
                path.setLength(0);
            } else {
                path.append(c);
            }
        }
        paths.add(path.toString());
        return List.copyOf(paths);
    }

    @Override
    public String toString() {
        return FileNames.decode(text.toByteArray());
    }

    private MountOptions raw(byte[] bytes) {
        if (text.size() > 0) {
            text.write(',');
        }
        text.writeBytes(bytes);
        return this;
    }

    private static void escape(byte[] path, ByteArrayOutputStream into) {
        for (var b : path) {
            if (b == '\\' || b == ',' || b == ':') {
                into.write('\\');
            }
            into.write(b);
        }
    }
}
