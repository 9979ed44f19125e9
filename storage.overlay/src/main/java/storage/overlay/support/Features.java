package storage.overlay.support;

import java.util.List;

/**
 * What was found out about overlay on one home.
 *
 * @param backing the home's filesystem as the engine calls it, such as {@code extfs}
 * @param typesInNames whether that filesystem tells the type of a file with its name (d_type); without, whiteouts are
 *     seen as files
 * @param nativeDiff whether an upper directory alone tells what was changed: the kernel neither redirects renamed
 *     directories nor copies up attributes without content
 * @param mountOptions what every mount begins with
 */
public record Features(String backing, boolean typesInNames, boolean nativeDiff, List<String> mountOptions) {
    public Features {
        mountOptions = List.copyOf(mountOptions);
    }
}
