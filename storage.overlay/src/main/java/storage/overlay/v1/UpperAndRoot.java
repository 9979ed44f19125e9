package storage.overlay.v1;

import java.io.IOException;
import java.util.List;
import storage.common.io.HomeFiles;
import storage.linux.Fd;
import storage.overlay.diff.UpperTrees;

/** A layer's upper directory and the tree below it, open. */
final class UpperAndRoot implements UpperTrees.Open {
    private final Fd upper;
    private final Fd root;

    UpperAndRoot(HomeFiles files, String upperPath, String rootPath) throws IOException {
        upper = files.open(upperPath);
        try {
            root = files.open(rootPath);
        } catch (IOException | RuntimeException e) {
            upper.close();
            throw e;
        }
    }

    @Override
    public int upper() {
        return upper.number();
    }

    @Override
    public List<Integer> lowers() {
        return List.of(root.number());
    }

    @Override
    public void close() {
        upper.close();
        root.close();
    }
}
