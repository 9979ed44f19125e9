package storage.launcher;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import storage.command.entry.CommandEntry;
import storage.command.entry.Terminal;

/**
 * The bundles in Equinox, in a process of its own: the class path has Equinox before everything else. Reads commands from
 * standard input, their words apart by tabs, and answers each with a line: the exit code and what was printed.
 * {@code update NAME} updates a bundle from its own file. Arguments: folder of the bundles, folder for the framework.
 */
final class EquinoxProgram {
    private EquinoxProgram() {}

    public static void main(String[] arguments) throws Exception {
        var framework = start(Path.of(arguments[0]), Path.of(arguments[1]));
        System.out.println(framework.getSymbolicName());
        try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                var words = List.of(line.split("\t", -1));
                System.out.println(
                        words.get(0).equals("update") ? update(framework, words.get(1)) : run(framework, words));
            }
        } finally {
            framework.stop();
            framework.waitForStop(60_000);
        }
    }

    private static Framework start(Path bundles, Path storage) throws Exception {
        Map<String, String> config = new HashMap<>();
        config.put(Constants.FRAMEWORK_STORAGE, storage.toString());
        config.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, Container.SYSTEM_PACKAGES);
        var factory = Class.forName("org.eclipse.osgi.launch.EquinoxFactory")
                .asSubclass(FrameworkFactory.class)
                .getDeclaredConstructor()
                .newInstance();
        var framework = factory.newFramework(config);
        framework.start();
        var installed = new ArrayList<Bundle>();
        try (var jars = Files.list(bundles)) {
            for (var jar : jars.sorted().toList()) {
                installed.add(
                        framework.getBundleContext().installBundle(jar.toUri().toString()));
            }
        }
        for (var bundle : installed) {
            if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                bundle.start();
            }
        }
        return framework;
    }

    private static String update(Framework framework, String name) throws Exception {
        for (var bundle : framework.getBundleContext().getBundles()) {
            if (bundle.getSymbolicName().equals(name)) {
                bundle.update();
                return "0 " + bundle.getState();
            }
        }
        return "1 no such bundle";
    }

    private static String run(Framework framework, List<String> words) {
        var context = framework.getBundleContext();
        var entry = context.getService(context.getServiceReference(CommandEntry.class));
        var printed = new ByteArrayOutputStream();
        var code = entry.run(words, new Terminal() {
            @Override
            public InputStream in() {
                return InputStream.nullInputStream();
            }

            @Override
            public OutputStream out() {
                return printed;
            }

            @Override
            public OutputStream err() {
                return printed;
            }
        });
        return code + " " + printed.toString(StandardCharsets.UTF_8).strip().replace("\n", " | ");
    }
}
