package storage.itest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/**
 * A framework in this process, without a container's help. The contracts come from the class path, so that who starts it can
 * use them; everything else comes as bundles.
 */
final class PlainFramework {
    private PlainFramework() {}

    /** @param cache where it may keep what it likes; emptied first */
    static Framework start(Path bundles, String cache) throws Exception {
        Map<String, String> config = new HashMap<>();
        config.put(Constants.FRAMEWORK_STORAGE, cache);
        config.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        List<String> packages = new ArrayList<>();
        for (String name : List.of("org.slf4j", "org.slf4j.event", "org.slf4j.helpers", "org.slf4j.spi")) {
            packages.add(name + ";version=2.0.20");
        }
        try (JarFile api = new JarFile(bundles.resolve("storage.api.jar").toFile())) {
            packages.add(api.getManifest().getMainAttributes().getValue(Constants.EXPORT_PACKAGE));
        }
        packages.add("org.osgi.service.cm;version=1.6.1");
        config.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, String.join(",", packages));
        Framework framework =
                ServiceLoader.load(FrameworkFactory.class).iterator().next().newFramework(config);
        framework.init();
        List<Bundle> installed = new ArrayList<>();
        try (Stream<Path> jars = Files.list(bundles)) {
            for (Path jar : jars.sorted().toList()) {
                String name = jar.getFileName().toString();
                if (!name.equals("storage.api.jar")
                        && !name.equals("picocli.jar")
                        && !name.equals("storage.command.jar")) {
                    installed.add(framework.getBundleContext().installBundle("reference:" + jar.toUri()));
                }
            }
        }
        framework.start();
        for (Bundle bundle : installed) {
            if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
        return framework;
    }
}
