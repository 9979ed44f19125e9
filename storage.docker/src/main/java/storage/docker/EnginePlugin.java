package storage.docker;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;
import storage.api.StorageException;

/** A plugin that is being served. */
@ProviderType
public interface EnginePlugin extends AutoCloseable {
    /** The name that the engine is started with: {@code dockerd -s NAME}. */
    String name();

    /** Where the engine finds it. */
    Path socket();

    /**
     * Stops: no new call is taken, running ones have some time to end, then the store is closed. Mounts stay, and whoever
     * serves the plugin next goes on with them. An engine that calls meanwhile tries again for half a minute.
     */
    @Override
    void close() throws StorageException;
}
