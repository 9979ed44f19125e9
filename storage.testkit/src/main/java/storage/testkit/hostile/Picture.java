package storage.testkit.hostile;

import java.util.Map;
import java.util.TreeMap;

/** A tree as it has to be, in the words of {@link BriefTree}. Directories on the way to a file need not be named. */
final class Picture {
    private final Map<String, String> lines = new TreeMap<>();

    Picture() {
        lines.put("/", "directory");
    }

    Map<String, String> lines() {
        return lines;
    }

    Picture file(String path, String content) {
        return put(path, "file " + BriefTree.quoted(content));
    }

    Picture directory(String path) {
        return put(path, "directory");
    }

    Picture symlink(String path, String target) {
        return put(path, "-> " + target);
    }

    /** A further name of a file; {@code first} is the name that sorts before it. */
    Picture same(String path, String first) {
        return put(path, "= " + first);
    }

    Picture fifo(String path) {
        return put(path, "fifo");
    }

    /** @param type {@code c} or {@code b} */
    Picture device(String path, char type, int major, int minor) {
        return put(path, "device " + type + " " + major + ":" + minor);
    }

    /** Adds a note to what was put last at that path: a mode, an owner, an attribute. */
    Picture but(String path, String note) {
        lines.merge(path, note, (line, more) -> line + " " + more);
        return this;
    }

    private Picture put(String path, String line) {
        for (var slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            lines.putIfAbsent(path.substring(0, slash), "directory");
        }
        lines.put(path, line);
        return this;
    }
}
