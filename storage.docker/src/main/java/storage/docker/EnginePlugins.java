package storage.docker;

import org.osgi.annotation.versioning.ProviderType;
import storage.api.StorageException;

/** Serves graph driver plugins to container engines, each at a socket of its own. */
@ProviderType
public interface EnginePlugins {
    /**
     * Begins to serve. If an engine has initialised the plugin before, its store is opened and the engine goes on as if
     * nothing had been; otherwise the first engine that comes says where the store lies.
     *
     * @return what serves until it is closed
     * @throws StorageException INVALID for a name or a socket that cannot be, IN_USE if the socket is served already,
     *     PERMISSION if its folder is not safe
     */
    EnginePlugin serve(PluginSettings settings) throws StorageException;
}
