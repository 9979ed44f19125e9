package storage.docker.service;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.EnginePlugin;
import storage.docker.EnginePlugins;
import storage.docker.PluginSettings;
import storage.selector.DriverOption;

/** One configured plugin, served while its configuration is there. A changed configuration stops it and starts it anew. */
@Component(
        configurationPid = ConfiguredPlugin.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {})
@Designate(ocd = PluginConfiguration.class, factory = true)
public final class ConfiguredPlugin {
    /** Factory PID of a plugin's configuration. */
    static final String PID = "storage.docker";

    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredPlugin.class);

    private final EnginePlugin plugin;

    /** @throws StorageException which the component runtime logs: the plugin is not served then */
    @Activate
    public ConfiguredPlugin(@Reference EnginePlugins plugins, PluginConfiguration configuration)
            throws StorageException {
        plugin = plugins.serve(settings(configuration));
        LOG.info("The plugin '{}' is served at {}", plugin.name(), plugin.socket());
    }

    @Deactivate
    void stop() throws StorageException {
        plugin.close();
    }

    static PluginSettings settings(PluginConfiguration configuration) throws StorageException {
        var name = configuration.name() == null ? "" : configuration.name().strip();
        return new PluginSettings(
                name,
                path("socket", configuration.socket()).orElse(PluginSettings.standardSocket(name)),
                path("root", configuration.root()),
                text(configuration.driver()),
                options(configuration.options()),
                path("state", configuration.state()).orElse(PluginSettings.STATE));
    }

    private static Optional<String> text(String value) {
        return Optional.ofNullable(value).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static Optional<Path> path(String attribute, String value) throws StorageException {
        var text = text(value);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            var path = Path.of(text.get());
            if (path.isAbsolute()) {
                return Optional.of(path.normalize());
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw StorageException.of(
                Kind.INVALID,
                "The configuration of the plugin has the " + attribute + " '" + text.get()
                        + "', which is no absolute path",
                "Set '" + attribute + "' to one, or take it away");
    }

    private static Map<String, String> options(String[] lines) throws StorageException {
        List<DriverOption> options = new ArrayList<>();
        for (var line : lines == null ? new String[0] : lines) {
            options.add(DriverOption.parse(line)
                    .orElseThrow(() -> StorageException.of(
                            Kind.INVALID,
                            "The configuration of the plugin has the option '" + line
                                    + "', which is not of the form KEY=VALUE",
                            "Correct 'options'")));
        }
        return DriverOption.together(options);
    }
}
