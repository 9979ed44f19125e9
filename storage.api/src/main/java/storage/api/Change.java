package storage.api;

import java.util.Objects;

/**
 * One difference between a layer and the layer it is compared with.
 *
 * @param kind what happened to the path
 * @param path from the layer's root, beginning with {@code /}; bytes that are no UTF-8 as {@link FileNames} has them
 */
public record Change(Kind kind, String path) {
    public Change {
        Objects.requireNonNull(kind);
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("A change's path begins with '/': " + path);
        }
    }

    /** What happened to a path. The order is the one of the engine's protocol: 0, 1, 2. */
    public enum Kind {
        /** There before and after, with other content or attributes. */
        MODIFY('C'),
        /** Not there before. */
        ADD('A'),
        /** Not there any more. */
        DELETE('D');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        /** The letter that command lines show: C, A or D. */
        public char letter() {
            return letter;
        }
    }

    /** As command lines show it, for example {@code A /etc/motd}. */
    @Override
    public String toString() {
        return kind.letter() + " " + path;
    }
}
