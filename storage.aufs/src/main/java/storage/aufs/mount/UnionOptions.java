package storage.aufs.mount;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import storage.api.FileNames;
import storage.api.StorageException;

/**
 * The option strings of a union, in the engine's words and order: the first for mount(2), each further one for a remount
 * that appends more branches. A call takes a page of options, ended by a zero, and the kernel cuts off what is longer.
 */
final class UnionOptions {
    /** Inode numbers are kept in a file that aufs makes and unlinks at once; there it costs no disk. */
    static final String XINO = "/dev/shm/aufs.xino";

    /**
     * The most branches in one call. The module keeps the parsed options of a call in a page as well (fs/aufs/opts.c), which
     * is enough for some eighty: short paths would run into that before they fill the page of text.
     */
    static final int MOST = 64;

    /** What the kernel reads as punctuation in paths; aufs knows no escapes. */
    private static final String PUNCTUATION = ":,=\\\"";

    private UnionOptions() {}

    /** Whether a path can be named as it is. If not, it must be named relative to a working directory. */
    static boolean canName(String path) {
        return path.chars().noneMatch(c -> PUNCTUATION.indexOf(c) >= 0);
    }

    /**
     * Puts the options together.
     *
     * @param prefix what stands before the union's relative paths: the home ended by a slash, or nothing
     * @param dirperm1 whether the kernel knows this option: then the modes of directories in lower branches do not count
     * @param label a security label, empty for none
     * @param page the size of a page in bytes
     * @throws StorageException LIMIT_EXCEEDED if a path does not fit, INVALID for an impossible label
     */
    static List<String> of(String prefix, Union union, boolean dirperm1, String label, int page)
            throws StorageException {
        if (label.chars().anyMatch(c -> c == '"' || c < ' ')) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The mount label '" + label + "' holds a quotation mark or a control character",
                    "Use a label such as system_u:object_r:container_file_t:s0");
        }
        var context = label.isEmpty() ? "" : ",context=\"" + label + "\"";
        var tail = ",dio,xino=" + XINO + (dirperm1 ? ",dirperm1" : "") + context;
        var branches = Stream.concat(
                        Stream.of("br:" + prefix + union.top() + (union.readOnly() ? "=ro+wh" : "=rw")),
                        union.lowers().stream().map(lower -> prefix + lower + "=ro+wh"))
                .toList();
        var calls = new ArrayList<String>();
        var next = add(branches, 0, ":", "", page - 1 - length(tail), calls, tail);
        while (next < branches.size()) {
            next = add(branches, next, ",append:", "append:", page - 1 - length(context), calls, context);
        }
        return calls;
    }

    /** Puts as many branches into one call as it takes; answers which is the next. */
    private static int add(
            List<String> branches, int from, String between, String first, int room, List<String> calls, String tail)
            throws StorageException {
        var text = new StringBuilder(first).append(branches.get(from));
        var length = length(text.toString());
        if (length > room) {
            throw StorageException.of(
                    StorageException.Kind.LIMIT_EXCEEDED,
                    "The mount options take " + (length + length(tail)) + " bytes, and the kernel takes at most "
                            + (room + length(tail)),
                    "Use a shorter mount label, or a root with a shorter path");
        }
        var next = from + 1;
        for (; next < branches.size() && next - from < MOST; next++) {
            var more = between + branches.get(next);
            if (length + length(more) > room) {
                break;
            }
            text.append(more);
            length += length(more);
        }
        calls.add(text.append(tail).toString());
        return next;
    }

    private static int length(String text) {
        return FileNames.encode(text).length;
    }
}
