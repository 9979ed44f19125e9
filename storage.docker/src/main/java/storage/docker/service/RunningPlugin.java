package storage.docker.service;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import storage.api.StorageException;
import storage.docker.EnginePlugin;
import storage.docker.PluginSettings;
import storage.docker.http.PluginServer;
import storage.docker.store.EngineStore;

/** A server and the store behind it. */
final class RunningPlugin implements EnginePlugin {
    private final PluginSettings settings;
    private final PluginServer server;
    private final EngineStore store;
    private final Runnable onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    RunningPlugin(PluginSettings settings, PluginServer server, EngineStore store, Runnable onClose) {
        this.settings = settings;
        this.server = server;
        this.store = store;
        this.onClose = onClose;
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public Path socket() {
        return settings.socket();
    }

    @Override
    public void close() throws StorageException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try (store) {
            server.close();
        } finally {
            onClose.run();
        }
    }
}
