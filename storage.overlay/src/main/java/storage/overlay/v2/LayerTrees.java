package storage.overlay.v2;

import java.io.IOException;
import java.util.List;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.SyscallException;
import storage.overlay.diff.UpperTrees;

/**
 * The tree of a layer, open, and those of its ancestors, which are opened when they are first asked for: what each of them
 * holds itself, with its whiteouts.
 */
final class LayerTrees implements UpperTrees.Open {
    private final HomeFiles files;
    private final LayerFolders folders;
    private final LayerId id;
    private final List<String> names;
    private final Fd upper;
    private final Fd[] lowers;

    LayerTrees(HomeFiles files, LayerFolders folders, LayerId id) throws IOException {
        this.files = files;
        this.folders = folders;
        this.id = id;
        names = folders.lowers(id).names();
        lowers = new Fd[names.size()];
        upper = files.open(LayerFolders.diff(id));
    }

    @Override
    public int upper() {
        return upper.number();
    }

    @Override
    public int count() {
        return lowers.length;
    }

    @Override
    public int lower(int index) throws IOException {
        if (lowers[index] == null) {
            lowers[index] = open(names.get(index));
        }
        return lowers[index].number();
    }

    private Fd open(String name) throws IOException {
        var owner = folders.owner(name)
                .orElseThrow(() -> LayerFolders.damaged(id, "it stands on l/" + name + ", which is missing"));
        try {
            return files.open(LayerFolders.diff(owner));
        } catch (SyscallException e) {
            throw e.errno() == Errno.ENOENT
                    ? LayerFolders.damaged(id, "it stands on layer " + owner + ", which is missing")
                            .causedBy(e)
                    : e;
        }
    }

    @Override
    public void close() {
        upper.close();
        for (var lower : lowers) {
            if (lower != null) {
                lower.close();
            }
        }
    }
}
