package storage.itest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import storage.api.StorageConstants;

/** Configurations of stores, all of them deleted at the end. */
final class Configurations implements AutoCloseable {
    private final ConfigurationAdmin admin;
    private final List<Configuration> made = new ArrayList<>();

    Configurations(ConfigurationAdmin admin) {
        this.admin = admin;
    }

    /** A new store. */
    Configuration store(String name, Object root, Map<String, Object> more) throws IOException {
        Configuration configuration = admin.createFactoryConfiguration(StorageConstants.STORE_PID, "?");
        made.add(configuration);
        update(configuration, name, root, more);
        return configuration;
    }

    void update(Configuration configuration, String name, Object root, Map<String, Object> more) throws IOException {
        Map<String, Object> properties = new HashMap<>(more);
        properties.put(StorageConstants.STORE_NAME, name);
        properties.put("root", root.toString());
        configuration.update(FrameworkUtil.asDictionary(properties));
    }

    void delete(Configuration configuration) throws IOException {
        made.remove(configuration);
        configuration.delete();
    }

    @Override
    public void close() throws IOException {
        for (Configuration configuration : List.copyOf(made)) {
            delete(configuration);
        }
    }
}
