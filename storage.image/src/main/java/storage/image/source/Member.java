package storage.image.source;

/**
 * One file of an image archive.
 *
 * @param name from the archive's root, without {@code .} and {@code ..}
 * @param size in bytes
 * @param offset where its content begins in a tar; 0 in a folder
 */
public record Member(String name, long size, long offset) {
    /** The normal form of a name from an archive, empty if it leads out of it. An absolute one begins at the root. */
    static java.util.Optional<String> normal(String name) {
        var parts = new java.util.ArrayDeque<String>();
        for (var part : name.split("/", -1)) {
            if (part.equals("..")) {
                if (parts.pollLast() == null) {
                    return java.util.Optional.empty();
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return java.util.Optional.of(String.join("/", parts)).filter(text -> !text.isEmpty());
    }
}
