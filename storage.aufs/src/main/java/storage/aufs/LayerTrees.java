package storage.aufs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.LayerId;
import storage.aufs.diff.Branches;
import storage.aufs.diff.OpenBranches;
import storage.common.io.HomeFiles;
import storage.common.store.TreeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.SyscallException;

/** The branches of a layer and its ancestors, open, and those of another layer with them. */
final class LayerTrees implements OpenBranches.Open, TreeFiles.Lowers {
    private final HomeFiles files;
    private final AufsFolders folders;
    private final Map<LayerId, Integer> numbers = new LinkedHashMap<>();
    private final List<Fd> roots = new ArrayList<>();
    private final Branches branches;

    LayerTrees(HomeFiles files, AufsFolders folders, LayerId id, Optional<LayerId> other) throws IOException {
        this.files = files;
        this.folders = folders;
        try {
            var newer = open(id);
            var older = other.isPresent() ? open(other.get()) : List.<Integer>of();
            branches = new Branches(roots.stream().map(Fd::number).toList(), newer, older);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private List<Integer> open(LayerId id) throws IOException {
        var own = new ArrayList<Integer>();
        own.add(branch(id, id));
        for (var parent : folders.parents(id)) {
            own.add(branch(id, parent));
        }
        return own;
    }

    private int branch(LayerId id, LayerId owner) throws IOException {
        var known = numbers.get(owner);
        if (known != null) {
            return known;
        }
        try {
            roots.add(files.open(AufsFolders.diff(owner)));
        } catch (SyscallException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            throw AufsFolders.damaged(
                            id,
                            owner.equals(id)
                                    ? "its folder diff/" + id + " is missing"
                                    : "it stands on layer " + owner + ", whose folder diff/" + owner + " is missing")
                    .causedBy(e);
        }
        numbers.put(owner, roots.size() - 1);
        return roots.size() - 1;
    }

    @Override
    public Branches branches() {
        return branches;
    }

    int upper() {
        return roots.get(branches.newer().get(0)).number();
    }

    @Override
    public List<Integer> lowers() {
        return branches.newer().stream()
                .skip(1)
                .map(number -> roots.get(number).number())
                .toList();
    }

    @Override
    public void close() {
        roots.forEach(Fd::close);
    }
}
