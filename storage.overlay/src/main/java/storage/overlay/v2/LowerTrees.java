package storage.overlay.v2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import storage.api.LayerId;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.SyscallException;
import storage.overlay.support.HomeFiles;

/** The trees of a layer's ancestors, open for reading: what each of them holds itself, with its whiteouts. */
final class LowerTrees implements AutoCloseable {
    private final List<Fd> trees = new ArrayList<>();

    LowerTrees(HomeFiles files, LayerFolders folders, LayerId id) throws IOException {
        try {
            for (var name : folders.lowers(id).names()) {
                var owner = folders.owner(name)
                        .orElseThrow(() -> LayerFolders.damaged(id, "it stands on l/" + name + ", which is missing"));
                trees.add(open(files, id, owner));
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
                    ? LayerFolders.damaged(id, "it stands on layer " + owner + ", which is missing").causedBy(e)
                    : e;
        }
    }

    /** Nearest first. */
    List<Integer> descriptors() {
        return trees.stream().map(Fd::number).toList();
    }

    @Override
    public void close() {
        trees.forEach(Fd::close);
    }
}
