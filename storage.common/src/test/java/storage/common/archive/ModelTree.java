package storage.common.archive;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import storage.common.Tree;

/**
 * What archives mean, in the plainest way: a tree in memory to which layers are applied one after the other. The yardstick
 * for what the unpacker makes on disk.
 */
final class ModelTree {
    /** The archive is one that has to be refused. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** An entry of a layer. */
    record Entry(
            char type,
            String name,
            String link,
            String content,
            int mode,
            int owner,
            long time,
            Map<String, byte[]> xattrs) {
        void addTo(Tar tar) {
            tar.mode(mode).owner(owner, owner + 1).time(time, (int) (time % 1000));
            xattrs.forEach(tar::xattr);
            switch (type) {
                case 'd' -> tar.dir(name);
                case 'f' -> tar.file(name, content);
                case 'l' -> tar.symlink(name, link);
                case 'h' -> tar.link(name, link);
                case 'p' -> tar.fifo(name);
                default -> tar.device(name, 'c', 1, 3);
            }
        }
    }

    private static final class Node {
        String what;
        String target;
        int mode = 0755;
        int owner;
        int group;
        long time;
        Map<String, byte[]> xattrs = Map.of();
        TreeMap<String, Node> children;

        boolean isDirectory() {
            return children != null;
        }
    }

    private static Node newDirectory(long time) {
        var node = new Node();
        node.what = "dir";
        node.children = new TreeMap<>();
        node.time = time;
        return node;
    }

    private final Node root = newDirectory(0);

    // of the layer that is being applied
    private final Set<String> own = new HashSet<>();
    private final Set<String> implied = new HashSet<>();

    void apply(List<Entry> layer) throws Refused {
        own.clear();
        implied.clear();
        for (var entry : layer) {
            apply(entry);
        }
    }

    private void apply(Entry entry) throws Refused {
        var names = split(entry.name());
        if (names.isEmpty()) {
            set(root, entry);
            return;
        }
        var parent = resolve(names.subList(0, names.size() - 1));
        var last = names.get(names.size() - 1);
        make(parent, entry.time());
        var directory = find(parent);
        var path = join(parent, last);
        if (last.equals(".wh..wh..opq")) {
            hideBelow(directory, join(parent));
        } else if (last.startsWith(".wh.")) {
            hide(directory, join(parent, last.substring(4)), last.substring(4));
        } else {
            write(directory, path, last, entry);
        }
    }

    private static List<String> split(String name) {
        var names = new ArrayList<String>();
        for (var part : name.split("/", -1)) {
            if (part.equals("..")) {
                if (!names.isEmpty()) {
                    names.remove(names.size() - 1);
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                names.add(part);
            }
        }
        return names;
    }

    /** The real path of a path, through symbolic links; what is not there is taken as it is. */
    private List<String> resolve(List<String> names) throws Refused {
        Deque<String> left = new ArrayDeque<>(names);
        List<String> real = new ArrayList<>();
        var links = 0;
        while (!left.isEmpty()) {
            var name = left.pop();
            if (name.equals("..")) {
                if (!real.isEmpty()) {
                    real.remove(real.size() - 1);
                }
                continue;
            }
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            var directory = find(real);
            var found = directory == null ? null : directory.children.get(name);
            if (found == null || found.isDirectory()) {
                real.add(name);
            } else if (found.target != null) {
                if (++links > 40) {
                    throw new Refused();
                }
                if (found.target.startsWith("/")) {
                    real.clear();
                }
                var parts = found.target.split("/", -1);
                for (var i = parts.length - 1; i >= 0; i--) {
                    left.push(parts[i]);
                }
            } else {
                throw new Refused();
            }
        }
        return real;
    }

    private Node find(List<String> names) {
        var node = root;
        for (var name : names) {
            node = node == null || !node.isDirectory() ? null : node.children.get(name);
        }
        return node;
    }

    private void make(List<String> names, long time) {
        var node = root;
        var path = "";
        for (var name : names) {
            path = path.isEmpty() ? name : path + "/" + name;
            var next = node.children.get(name);
            if (next == null) {
                next = newDirectory(time);
                node.children.put(name, next);
                own.remove(path);
            }
            if (own.add(path)) {
                implied.add(path);
            }
            node = next;
        }
    }

    private static String join(List<String> names, String last) {
        return names.isEmpty() ? last : join(names) + "/" + last;
    }

    private static String join(List<String> names) {
        return String.join("/", names);
    }

    private void hide(Node directory, String path, String name) {
        var node = directory.children.get(name);
        if (node == null) {
            return;
        }
        if (!own.contains(path)) {
            directory.children.remove(name);
        } else if (node.isDirectory()) {
            uncover(node, path);
            hideBelow(node, path);
        }
    }

    private void uncover(Node node, String path) {
        if (implied.contains(path)) {
            node.mode = 0755;
            node.owner = 0;
            node.group = 0;
            node.xattrs = Map.of();
        }
    }

    private void hideBelow(Node directory, String path) {
        for (var name : List.copyOf(directory.children.keySet())) {
            hide(directory, path.isEmpty() ? name : path + "/" + name, name);
        }
    }

    private void write(Node directory, String path, String name, Entry entry) throws Refused {
        var old = directory.children.get(name);
        if (entry.type() == 'h') {
            link(directory, path, name, entry);
            return;
        }
        var node = old != null && old.isDirectory() && entry.type() == 'd' ? old : new Node();
        switch (entry.type()) {
            case 'd' -> {
                node.what = "dir";
                node.children = node.children == null ? new TreeMap<>() : node.children;
            }
            case 'f' -> node.what = "file \"" + entry.content() + "\"";
            case 'l' -> {
                node.what = "-> " + entry.link();
                node.target = entry.link();
            }
            case 'p' -> node.what = "fifo";
            default -> node.what = "char 1:3";
        }
        set(node, entry);
        put(directory, path, name, node);
        implied.remove(path);
    }

    private static void set(Node node, Entry entry) {
        node.mode = entry.type() == 'l' ? 0777 : entry.mode();
        node.owner = entry.owner();
        node.group = entry.owner() + 1;
        node.time = entry.time();
        node.xattrs = entry.xattrs();
    }

    private void link(Node directory, String path, String name, Entry entry) throws Refused {
        var target = split(entry.link());
        if (target.isEmpty()) {
            throw new Refused();
        }
        var parent = resolve(target.subList(0, target.size() - 1));
        var last = target.get(target.size() - 1);
        if (join(parent, last).equals(path)) {
            if (directory.children.get(name) == null
                    || directory.children.get(name).isDirectory()) {
                throw new Refused();
            }
            return;
        }
        var found = find(parent);
        var node = found == null || !found.isDirectory() ? null : found.children.get(last);
        if (node == null || node.isDirectory()) {
            throw new Refused();
        }
        var old = directory.children.get(name);
        if (old != null && join(parent, last).startsWith(path + "/")) {
            throw new Refused();
        }
        put(directory, path, name, node);
    }

    /** Replaces what is there; directories that are replaced by themselves keep what they hold. */
    private void put(Node directory, String path, String name, Node node) {
        if (directory.children.get(name) != node) {
            own.removeIf(other -> other.startsWith(path + "/"));
            implied.removeIf(other -> other.startsWith(path + "/"));
        }
        directory.children.put(name, node);
        own.add(path);
    }

    /** In the form of {@link Tree#snapshot}, without links. */
    Map<String, String> snapshot() {
        var all = new TreeMap<String, String>();
        snapshot(root, "", all);
        return all;
    }

    private static void snapshot(Node directory, String prefix, Map<String, String> all) {
        directory.children.forEach((name, node) -> {
            all.put(
                    prefix + name,
                    Tree.line(
                            node.what,
                            node.mode,
                            node.owner,
                            node.group,
                            node.time,
                            (int) (node.time % 1000),
                            node.xattrs));
            if (node.isDirectory()) {
                snapshot(node, prefix + name + "/", all);
            }
        });
    }
}
