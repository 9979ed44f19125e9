package storage.overlay.support;

import java.util.List;
import java.util.stream.Collectors;
import storage.api.FileNames;
import storage.api.StorageException;

/**
 * The option string of an overlay mount, in the engine's words and order. The kernel takes at most a page of it, ended by
 * a zero, and cuts it at commas and colons: where the absolute form would be too long or holds such characters, paths
 * are relative to the home, which {@link OverlayMounts} then makes the working directory of the mounting thread.
 *
 * @param options the options
 * @param relative whether paths are relative to the home
 */
record MountData(String options, boolean relative) {
    /** What the kernel or a security module reads as punctuation. */
    private static final String PUNCTUATION = ":,\\\"";

    /**
     * Puts the options together.
     *
     * @param home the home as text, ended by a slash
     * @param features options that the kernel's features call for, such as {@code index=off}
     * @param label a security label, empty for none
     * @param page the size of a page in bytes
     * @throws StorageException LIMIT_EXCEEDED if even the relative form is too long, INVALID for an impossible label
     */
    static MountData of(String home, Stack stack, List<String> features, String label, int page)
            throws StorageException {
        if (label.chars().anyMatch(c -> c == '"' || c < ' ')) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The mount label '" + label + "' holds a quotation mark or a control character",
                    "Use a label such as system_u:object_r:container_file_t:s0");
        }
        if (home.chars().noneMatch(c -> PUNCTUATION.indexOf(c) >= 0)) {
            var absolute = options(home, stack, features, label);
            if (FileNames.encode(absolute).length < page) {
                return new MountData(absolute, false);
            }
        }
        var relative = options("", stack, features, label);
        var length = FileNames.encode(relative).length;
        if (length >= page) {
            throw StorageException.of(
                    StorageException.Kind.LIMIT_EXCEEDED,
                    "The mount options take " + length + " bytes, and the kernel takes at most " + (page - 1),
                    "Use a shorter mount label or fewer layers");
        }
        return new MountData(relative, true);
    }

    private static String options(String prefix, Stack stack, List<String> features, String label) {
        var text = new StringBuilder(512);
        features.forEach(feature -> text.append(feature).append(','));
        text.append(stack.lowers().stream().map(prefix::concat).collect(Collectors.joining(":", "lowerdir=", "")));
        stack.upper()
                .ifPresent(upper -> text.append(",upperdir=").append(prefix).append(upper));
        stack.work().ifPresent(work -> text.append(",workdir=").append(prefix).append(work));
        if (!label.isEmpty()) {
            text.append(",context=\"").append(label).append('"');
        }
        return text.toString();
    }
}
