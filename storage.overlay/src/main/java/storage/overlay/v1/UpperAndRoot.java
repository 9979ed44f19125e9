package storage.overlay.v1;

import java.io.IOException;
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
    public int count() {
        return 1;
    }

    @Override
    public int lower(int index) {
        return root.number();
    }

    @Override
    public void close() {
        upper.close();
        root.close();
    }
}
