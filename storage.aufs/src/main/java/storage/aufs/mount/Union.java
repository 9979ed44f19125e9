package storage.aufs.mount;

import java.util.List;

/**
 * What a union is made of, as paths relative to the driver's home.
 *
 * @param top the branch of the layer itself
 * @param lowers the branches of its ancestors, nearest first
 * @param readOnly whether nothing can be written to the top either
 */
public record Union(String top, List<String> lowers, boolean readOnly) {
    public Union {
        lowers = List.copyOf(lowers);
    }
}
