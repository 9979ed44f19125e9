package storage.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** Starts the framework with the bundles of this jar, prints their states and stops. */
public final class Main {
    private static final String SLF4J = "2.0.20";
    private static final Map<Integer, String> STATES = Map.of(
            Bundle.INSTALLED, "INSTALLED",
            Bundle.RESOLVED, "RESOLVED",
            Bundle.STARTING, "STARTING",
            Bundle.ACTIVE, "ACTIVE");

    private Main() {}

    public static void main(String[] args) throws Exception {
        // read by the logging of the JDK when the first logger is made, so a run that logs nothing pays nothing
        if (System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty("java.util.logging.config.class", QuietLogging.class.getName());
        }
        Path cache = Files.createTempDirectory("storage-");
        try {
            run(cache);
        } finally {
            delete(cache);
        }
    }

    private static void run(Path cache) throws IOException, BundleException, InterruptedException, URISyntaxException {
        Map<String, String> config = new HashMap<>();
        config.put(Constants.FRAMEWORK_STORAGE, cache.resolve("framework").toString());
        config.put(
                Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA,
                String.join(
                        ",",
                        "org.slf4j;version=" + SLF4J,
                        "org.slf4j.event;version=" + SLF4J,
                        "org.slf4j.helpers;version=" + SLF4J,
                        "org.slf4j.spi;version=" + SLF4J));
        // nobody here opens a bundle: URL from its string form, and taking over java.net costs time
        config.put("felix.service.urlhandlers", "false");
        Framework framework = new FrameworkFactory().newFramework(config);
        framework.start();
        try {
            List<Bundle> bundles = new ArrayList<>();
            for (Path jar : extract(bundleDirectory())) {
                bundles.add(framework.getBundleContext().installBundle("reference:" + jar.toUri()));
            }
            for (Bundle bundle : bundles) {
                bundle.start();
            }
            for (Bundle bundle : bundles) {
                System.out.printf(
                        "%-10s %s %s%n", STATES.get(bundle.getState()), bundle.getSymbolicName(), bundle.getVersion());
            }
        } finally {
            framework.stop();
            framework.waitForStop(0);
        }
    }

    /** The user's own folder: in a shared one, somebody else could put a bundle under the expected name. */
    private static Path bundleDirectory() throws IOException {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return Files.createDirectories(base.resolve("storage/bundles"));
    }

    /** Copies the bundles out of this jar, each under a name that its content decides, so that a later start finds them. */
    private static List<Path> extract(Path directory) throws IOException, URISyntaxException {
        Path self = Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Path> jars = new ArrayList<>();
        try (JarFile jar = new JarFile(self.toFile(), false)) {
            for (ZipEntry entry : jar.stream().toList()) {
                if (entry.getName().startsWith("bundles/") && entry.getName().endsWith(".jar")) {
                    jars.add(extract(jar, entry, directory));
                }
            }
        }
        return jars;
    }

    private static Path extract(JarFile jar, ZipEntry entry, Path directory) throws IOException {
        String name =
                entry.getName().substring("bundles/".length(), entry.getName().length() - ".jar".length());
        Path target = directory.resolve("%s-%08x-%x.jar".formatted(name, entry.getCrc(), entry.getSize()));
        if (!Files.exists(target)) {
            Path part = Files.createTempFile(directory, name, ".part");
            try (InputStream content = jar.getInputStream(entry)) {
                Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        }
        return target;
    }

    private static void delete(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }
}
