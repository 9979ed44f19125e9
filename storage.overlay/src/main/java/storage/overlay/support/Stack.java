package storage.overlay.support;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an overlay is made of, as paths relative to the driver's home.
 *
 * @param lowers the read-only directories, nearest first
 * @param upper the directory that is written to, empty for a read-only mount
 * @param work the directory that the kernel needs beside it
 */
public record Stack(List<String> lowers, Optional<String> upper, Optional<String> work) {
    public Stack {
        lowers = List.copyOf(lowers);
        if (upper.isPresent() != work.isPresent()) {
            throw new IllegalArgumentException("An upper directory and a work directory come together");
        }
    }

    public static Stack readWrite(List<String> lowers, String upper, String work) {
        return new Stack(lowers, Optional.of(upper), Optional.of(work));
    }

    /** The same tree with nothing to write to: what would be the upper directory is the nearest of the lower ones. */
    public static Stack readOnly(String top, List<String> lowers) {
        var all = new ArrayList<String>(lowers.size() + 1);
        all.add(top);
        all.addAll(lowers);
        return new Stack(all, Optional.empty(), Optional.empty());
    }

    public boolean isReadOnly() {
        return upper.isEmpty();
    }
}
