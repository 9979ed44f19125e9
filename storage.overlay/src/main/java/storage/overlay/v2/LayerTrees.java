package storage.overlay.v2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.SyscallException;
import storage.overlay.diff.UpperTrees;

/** The tree of a layer and those of its ancestors, open: what each of them holds itself, with its whiteouts. */
final class LayerTrees implements UpperTrees.Open {
    private final Fd upper;
    private final List<Fd> lowers = new ArrayList<>();

    LayerTrees(HomeFiles files, LayerFolders folders, LayerId id) throws IOException {
        upper = files.open(LayerFolders.diff(id));
        try {
            for (var name : folders.lowers(id).names()) {
                var owner = folders.owner(name)
                        .orElseThrow(() -> LayerFolders.damaged(id, "it stands on l/" + name + ", which is missing"));
                lowers.add(open(files, id, owner));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Fd open(HomeFiles files, LayerId id, LayerId owner) throws IOException {
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
    public int upper() {
        return upper.number();
    }

    @Override
    public List<Integer> lowers() {
        return lowers.stream().map(Fd::number).toList();
    }

    @Override
    public void close() {
        upper.close();
        lowers.forEach(Fd::close);
    }
}
