package storage.overlay.support;

import java.util.Optional;
import storage.api.FileNames;

/** What the kernel is told to mount an overlay, ready to be told again: {@link OverlayMounts#prepare}. */
final class PreparedMount {
    /** The option string, in the bytes of its paths. */
    final byte[] options;
    /** Whether the paths are relative to the home. */
    final boolean relative;
    /** The directory that the kernel makes in the work directory, relative to the home; empty if nothing is written. */
    final Optional<String> inWork;

    PreparedMount(MountData data, Stack stack) {
        options = FileNames.encode(data.options());
        relative = data.relative();
        inWork = stack.work().map(work -> work + "/work");
    }
}
