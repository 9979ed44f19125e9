package storage.overlay.v2;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The content of a layer's {@code lower} file: the short names of its ancestors, nearest first, as
 * {@code l/NAME:l/NAME}. It is also, relative to the home, what the kernel is given as {@code lowerdir}.
 *
 * @param names the short names, without {@code l/}
 */
record Lowers(List<String> names) {
    /** How many ancestors a layer can have. The engine's limit; a store that goes beyond could not be opened there. */
    static final int MAX = 128;

    static final Lowers NONE = new Lowers(List.of());

    Lowers {
        names = List.copyOf(names);
    }

    /** Reads the file's content; empty if it is not of that form. */
    static Optional<Lowers> parse(String text) {
        var names = new ArrayList<String>();
        for (var part : text.split(":", -1)) {
            if (!part.startsWith("l/") || !LinkName.isValid(part.substring(2))) {
                return Optional.empty();
            }
            names.add(part.substring(2));
        }
        return Optional.of(new Lowers(names));
    }

    /** Those of a child: one more on top. */
    Lowers below(String name) {
        var more = new ArrayList<String>(names.size() + 1);
        more.add(name);
        more.addAll(names);
        return new Lowers(more);
    }

    /** The paths, relative to the home. */
    List<String> paths() {
        return names.stream().map(name -> "l/" + name).toList();
    }

    boolean isEmpty() {
        return names.isEmpty();
    }

    /** The file's content. */
    @Override
    public String toString() {
        return String.join(":", paths());
    }
}
