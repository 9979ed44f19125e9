package storage.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** A framework with the bundles that a command needs. */
final class Container implements AutoCloseable {
    private static final String SLF4J = "2.0.20";

    /** What only a configured framework needs. */
    private static final Set<String> SERVICES =
            Set.of("org.apache.felix.configadmin", "org.apache.felix.metatype", "org.osgi.service.log");
    /** What only images need. */
    private static final Set<String> IMAGES =
            Set.of("storage.image", "zstd-jni", "commons-compress", "commons-codec", "commons-io", "commons-lang3");

    /** What only an engine's plugin needs. */
    private static final String ENGINE = "storage.docker";

    /** Which bundles are installed and started. Each takes its time, so only what is needed is there. */
    enum Wanted {
        /** What a command about layers needs. */
        LAYERS,
        /** What every command needs. */
        COMMAND,
        /** What serving an engine needs. */
        ENGINE_PLUGIN,
        /** Gogo without its shell. */
        SCRIPT,
        /** Everything. */
        SHELL;

        /** @param folder of our jar, {@code shell} for Gogo */
        boolean installs(String folder, String name) {
            return switch (this) {
                case LAYERS -> COMMAND.installs(folder, name) && !IMAGES.contains(name);
                case COMMAND -> SHELL.installs(folder, name) && !folder.equals("shell") && !SERVICES.contains(name);
                case ENGINE_PLUGIN -> !folder.equals("shell") && !IMAGES.contains(name);
                case SCRIPT, SHELL -> !name.equals(ENGINE);
            };
        }

        /** All that are installed can be resolved; those that only lend their classes need no start. */
        private boolean starts(String name) {
            return switch (this) {
                case LAYERS, COMMAND -> name.startsWith("storage.") || name.equals("org.apache.felix.scr");
                case ENGINE_PLUGIN -> COMMAND.starts(name) || name.equals("org.apache.felix.configadmin");
                case SCRIPT -> !name.equals("org.apache.felix.gogo.jline");
                case SHELL -> true;
            };
        }
    }

    /** What bundles get from the class path: the types that launcher and bundles share, and libraries that both need. */
    static final String SYSTEM_PACKAGES = String.join(
            ",",
            "org.slf4j;version=" + SLF4J,
            "org.slf4j.event;version=" + SLF4J,
            "org.slf4j.helpers;version=" + SLF4J,
            "org.slf4j.spi;version=" + SLF4J,
            "picocli;version=4.7.7",
            "storage.command.entry;version=1.2.0");

    private final Framework framework;

    private Container(Framework framework) {
        this.framework = framework;
    }

    /**
     * @param properties framework properties, such as {@code storage.root}
     * @param wanted which bundles
     */
    static Container start(Cache cache, Map<String, String> properties, Wanted wanted)
            throws BundleException, IOException, URISyntaxException {
        Map<String, String> config = new HashMap<>(properties);
        config.put(Constants.FRAMEWORK_STORAGE, cache.run().resolve("framework").toString());
        config.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        config.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SYSTEM_PACKAGES);
        // only the shell makes a bundle: URL of its text, and taking over java.net costs time
        config.put("felix.service.urlhandlers", Boolean.toString(wanted == Wanted.SHELL));
        // the folder belongs to this process alone
        config.put("felix.cache.locking", "false");
        // the framework itself would log to standard output
        config.put("felix.log.level", "0");
        // else JNA unpacks its native code into a folder of its own below ~/.cache
        if (System.getProperty("jna.tmpdir") == null) {
            System.setProperty("jna.tmpdir", cache.natives().toString());
        }
        var framework = new FrameworkFactory().newFramework(config);
        var container = new Container(framework);
        try {
            framework.start();
            container.install(new Bundles(cache.bundles()).unpacked(wanted::installs), wanted);
            return container;
        } catch (Throwable e) {
            try {
                container.close();
            } catch (RuntimeException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private void install(List<Path> jars, Wanted wanted) throws BundleException {
        List<Bundle> active = new ArrayList<>();
        for (var jar : jars) {
            var bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
            if (wanted.starts(bundle.getSymbolicName())) {
                active.add(bundle);
            }
        }
        for (var bundle : active) {
            bundle.start();
        }
    }

    /** The service of that type, or null if no bundle could register it. */
    <S> S service(Class<S> type) {
        var context = framework.getBundleContext();
        var reference = context.getServiceReference(type);
        return reference == null ? null : context.getService(reference);
    }

    /** The service of that name; its types are not ours. */
    Object service(String type) {
        var context = framework.getBundleContext();
        var reference = context.getServiceReference(type);
        if (reference == null) {
            throw new IllegalStateException("There is no service " + type);
        }
        return context.getService(reference);
    }

    /** What is installed and not active, for an error message. */
    String inactive() {
        List<String> names = new ArrayList<>();
        for (var bundle : framework.getBundleContext().getBundles()) {
            if (Wanted.COMMAND.starts(bundle.getSymbolicName()) && bundle.getState() != Bundle.ACTIVE) {
                names.add(bundle.getSymbolicName());
            }
        }
        return String.join(", ", names);
    }

    void waitForStop() throws InterruptedException {
        framework.waitForStop(0);
    }

    /** Stops, bounded: what does not end within that time ends with the process. */
    @Override
    public void close() {
        // the stop itself waits for a thread; the flag comes back so that the caller still knows
        var interrupted = Thread.interrupted();
        try {
            framework.stop();
            framework.waitForStop(10_000);
        } catch (BundleException e) {
            throw new IllegalStateException("The framework could not be stopped", e);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
