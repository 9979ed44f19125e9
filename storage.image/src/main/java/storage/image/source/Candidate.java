package storage.image.source;

import java.io.IOException;
import java.util.List;
import storage.image.meta.ImageName;

/** An image that was found in a source; its configuration is read when it is its turn, to hold one at a time. */
public final class Candidate {
    /** Reads what is needed to bring an image in. */
    @FunctionalInterface
    interface Loader {
        IncomingImage load() throws IOException;
    }

    private final List<ImageName> names;
    private final Loader loader;

    Candidate(List<ImageName> names, Loader loader) {
        this.names = List.copyOf(names);
        this.loader = loader;
    }

    /** The names that the source gives it. */
    public List<ImageName> names() {
        return names;
    }

    /** Its configuration and where its layers lie, checked against each other. */
    public IncomingImage load() throws IOException {
        return loader.load();
    }
}
