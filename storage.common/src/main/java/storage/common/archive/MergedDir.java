package storage.common.archive;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One directory of the tree that the archive is unpacked over: the directory written to together with those below it.
 * It is a real directory, reached through no symbolic link.
 */
final class MergedDir {
    static final int[] NONE = {};

    /** Null for the root. */
    final MergedDir parent;

    final byte[] name;
    final long key;

    /** In the tree that is written to; -1 while it is not there. */
    int fd = -1;

    /** Of the directories below, nearest first; null until they are asked for. */
    int[] lowers;

    /** Whether it has been noted that the archive speaks of this directory. */
    boolean noted;

    /** Permission bits to be set at the end, -1 if they are set already. */
    int mode = -1;

    /** The modification time to be set at the end. */
    long seconds;

    int nanos;

    private Map<Name, MergedDir> children;

    MergedDir(MergedDir parent, byte[] name, long key) {
        this.parent = parent;
        this.name = name;
        this.key = key;
    }

    /** A directory in this one that has been looked up before, or null. */
    MergedDir child(byte[] childName) {
        return children == null ? null : children.get(new Name(childName));
    }

    void add(MergedDir child) {
        if (children == null) {
            children = new HashMap<>();
        }
        children.put(new Name(child.name), child);
    }

    MergedDir remove(byte[] childName) {
        return children == null ? null : children.remove(new Name(childName));
    }

    /** All that have been looked up; they are forgotten. */
    Iterable<MergedDir> takeChildren() {
        var all = children == null ? Map.<Name, MergedDir>of() : children;
        children = null;
        return all.values();
    }

    /** All that have been looked up. */
    Iterable<MergedDir> children() {
        return children == null ? java.util.List.of() : java.util.List.copyOf(children.values());
    }

    /** The path of a name in this directory, without a leading slash. */
    byte[] path(byte[] childName) {
        if (parent == null) {
            return childName;
        }
        var own = path();
        var path = Arrays.copyOf(own, own.length + 1 + childName.length);
        path[own.length] = '/';
        System.arraycopy(childName, 0, path, own.length + 1, childName.length);
        return path;
    }

    /** The path of this directory, empty for the root. */
    byte[] path() {
        return parent == null ? name : parent.path(name);
    }

    /** Bytes as a key. */
    private static final class Name {
        private final byte[] bytes;
        private final int hash;

        Name(byte[] bytes) {
            this.bytes = bytes;
            this.hash = Arrays.hashCode(bytes);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Name name && Arrays.equals(bytes, name.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
