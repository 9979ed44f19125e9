package storage.docker.service;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.EnginePlugin;
import storage.docker.EnginePlugins;
import storage.docker.PluginSettings;
import storage.docker.http.PluginServer;
import storage.docker.protocol.GraphCalls;
import storage.linux.Syscalls;
import storage.selector.Selector;

/** The service. Plugins that nobody has closed are closed with it. */
@Component(service = EnginePlugins.class)
public final class PluginsComponent implements EnginePlugins {
    private static final Logger LOG = LoggerFactory.getLogger(PluginsComponent.class);

    private final BundleContext context;
    private final Syscalls linux;
    private final ConfigurationAdmin admin;
    private final Selector selector;
    private final Set<EnginePlugin> serving = ConcurrentHashMap.newKeySet();
    private final Set<String> names = ConcurrentHashMap.newKeySet();

    @Activate
    public PluginsComponent(
            BundleContext context,
            @Reference Syscalls linux,
            @Reference ConfigurationAdmin admin,
            @Reference Selector selector) {
        this.context = context;
        this.linux = linux;
        this.admin = admin;
        this.selector = selector;
    }

    @Override
    public EnginePlugin serve(PluginSettings settings) throws StorageException {
        var name = PluginSettings.checked(settings.name());
        if (!names.add(name)) {
            throw StorageException.of(
                    Kind.IN_USE, "This process serves the plugin '" + name + "' already", "Choose another name");
        }
        var store = new PublishedStore(context, admin, selector, name);
        try {
            var calls = new GraphCalls(settings, store);
            resume(calls, settings);
            var server = PluginServer.start(linux, name, settings.socket(), calls);
            var self = new EnginePlugin[1];
            self[0] = new RunningPlugin(settings, server, store, () -> {
                serving.remove(self[0]);
                names.remove(name);
            });
            serving.add(self[0]);
            return self[0];
        } catch (StorageException | RuntimeException e) {
            names.remove(name);
            closeAfter(e, store);
            throw e;
        }
    }

    private static void resume(GraphCalls calls, PluginSettings settings) throws StorageException {
        try {
            calls.resume();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(
                            Kind.IO, "What the engine said cannot be read: " + e, "Look after " + settings.record())
                    .causedBy(e);
        }
    }

    private static void closeAfter(Exception failure, PublishedStore store) {
        try {
            store.close();
        } catch (StorageException e) {
            failure.addSuppressed(e);
        }
    }

    @Deactivate
    void stop() {
        for (var plugin : List.copyOf(serving)) {
            try {
                plugin.close();
            } catch (StorageException e) {
                LOG.warn("The plugin '{}' did not stop cleanly: {}", plugin.name(), e.getMessage());
            }
        }
    }
}
