package storage.overlay.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.common.store.TreeFiles;

/** Where a layout keeps what {@link UpperDiff} reads. */
public interface UpperTrees {
    /** The upper and lower directories of one layer, open. */
    interface Open extends TreeFiles.Lowers {
        int upper();

        /** How many lower directories there are. */
        int count();

        /**
         * One of the lower directories, nearest first. It may be opened by this, because most comparisons look into none
         * or few of many.
         */
        int lower(int index) throws IOException;

        @Override
        default List<Integer> lowers() throws IOException {
            var all = new ArrayList<Integer>(count());
            for (var i = 0; i < count(); i++) {
                all.add(lower(i));
            }
            return all;
        }
    }

    /** Whether a layer's upper directory is its whole difference from the other layer, and can be relied on. */
    boolean tell(Layer layer, Optional<LayerId> against) throws IOException;

    Open open(Layer layer) throws IOException;
}
