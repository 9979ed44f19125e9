package storage.common.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import storage.common.Tree;

/**
 * What a union filesystem would show of branches, nearest first, computed from their snapshots: for aufs, and for overlay
 * where none can be mounted.
 */
final class MergedView {
    private static final String WHITEOUT = "char 0:0";

    private MergedView() {}

    static Map<String, String> of(WhiteoutForm form, List<Tree> branches) throws IOException {
        var snapshots = new ArrayList<Map<String, String>>();
        var opaque = new ArrayList<List<String>>();
        for (var branch : branches) {
            var all = branch.snapshot();
            var marked = new ArrayList<String>();
            for (var entry : all.entrySet()) {
                if (entry.getValue().startsWith("dir") && isOpaque(form, branch.path + "/" + entry.getKey())) {
                    marked.add(entry.getKey());
                }
            }
            snapshots.add(all);
            opaque.add(marked);
        }
        var merged = new TreeMap<String, String>();
        merge(form, "", snapshots, opaque, merged);
        return merged;
    }

    private static boolean isOpaque(WhiteoutForm form, String path) throws IOException {
        try (var directory = Tree.open(path)) {
            return new Forms(Tree.LINUX, form).isOpaque(directory.fd());
        }
    }

    private static void merge(
            WhiteoutForm form,
            String directory,
            List<Map<String, String>> branches,
            List<List<String>> opaque,
            Map<String, String> merged) {
        var prefix = directory.isEmpty() ? "" : directory + "/";
        var seen = new TreeMap<String, List<Integer>>();
        var hidden = new java.util.HashSet<String>();
        for (var i = 0; i < branches.size(); i++) {
            var branch = branches.get(i);
            if (!directory.isEmpty() && !branch.getOrDefault(directory, "").startsWith("dir")) {
                if (branch.containsKey(directory) && form == WhiteoutForm.OVERLAY) {
                    break;
                }
                continue;
            }
            var here = new java.util.HashSet<String>();
            for (var path : branch.keySet()) {
                if (path.startsWith(prefix) && path.indexOf('/', prefix.length()) < 0) {
                    here.add(path.substring(prefix.length()));
                }
            }
            for (var name : here) {
                if (form == WhiteoutForm.AUFS && name.startsWith(".wh.")) {
                    hidden.add(name.substring(4));
                }
            }
            for (var name : here) {
                if (name.startsWith(".wh.") && form == WhiteoutForm.AUFS || hidden.contains(name)) {
                    continue;
                }
                var line = branch.get(prefix + name);
                if (form == WhiteoutForm.OVERLAY && line.startsWith(WHITEOUT)) {
                    hidden.add(name);
                    continue;
                }
                if (form == WhiteoutForm.AUFS && seen.containsKey(name) && !line.startsWith("dir")) {
                    continue; // below a directory aufs looks for directories alone
                }
                seen.computeIfAbsent(name, n -> new ArrayList<>()).add(i);
                if (!line.startsWith("dir") || opaque.get(i).contains(prefix + name)) {
                    hidden.add(name);
                }
            }
            if (opaque.get(i).contains(directory)) {
                break;
            }
        }
        seen.forEach((name, where) -> {
            var first = branches.get(where.get(0)).get(prefix + name);
            merged.put(prefix + name, first);
            if (first.startsWith("dir")) {
                // only the branches in which it is seen take part
                var below = new ArrayList<Map<String, String>>();
                var marks = new ArrayList<List<String>>();
                for (var i : where) {
                    if (branches.get(i).get(prefix + name).startsWith("dir")) {
                        below.add(branches.get(i));
                        marks.add(opaque.get(i));
                    }
                }
                merge(form, prefix + name, below, marks, merged);
            }
        });
    }
}
