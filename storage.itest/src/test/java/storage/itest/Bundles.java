package storage.itest;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.ops4j.pax.exam.Option;

/** What the in-container tests install: the one list. The build copies the jars to one folder, named by artifact id. */
final class Bundles {
    private static final Path FOLDER = Path.of(System.getProperty("bundles", "target/bundles"));

    private Bundles() {}

    /** Component runtime and configuration. */
    static Option runtime() {
        return jars(
                "org.osgi.util.function",
                "org.osgi.util.promise",
                "org.osgi.service.component",
                "org.osgi.service.log",
                "org.apache.felix.scr",
                "org.apache.felix.configadmin",
                "org.apache.felix.metatype");
    }

    /** The rooms that every backend stands on, with their libraries. */
    static Option base() {
        return composite(jars(
                "jna",
                "commons-codec",
                "commons-io",
                "commons-lang3",
                "commons-compress",
                "jackson-annotations",
                "jackson-core",
                "jackson-databind",
                "storage.api",
                "storage.linux",
                "storage.common"));
    }

    /** The selector, and no backend. */
    static Option selector() {
        return composite(base(), jars("storage.selector"));
    }

    /** Backends, selector and images. */
    static Option all() {
        return composite(
                base(),
                jars(
                        "zstd-jni",
                        "storage.vfs",
                        "storage.overlay",
                        "storage.btrfs",
                        "storage.aufs",
                        "storage.loopback",
                        "storage.devmapper",
                        "storage.selector",
                        "storage.image"));
    }

    /** The commands, as another framework than the launcher's would install them. */
    static Option commands() {
        return jars("picocli", "storage.command");
    }

    /** An engine's plugin. */
    static Option engine() {
        return jars("storage.docker");
    }

    /** Who events are sent through. */
    static Option events() {
        return jars("org.apache.felix.eventadmin");
    }

    /** What the test itself needs inside the container. */
    static Option junit() {
        return composite(junitBundles(), logging());
    }

    /** The class path's SLF4J 2 for all. Pax Exam's bundles ask for 1.x: what they call is in 2 unchanged. */
    private static Option logging() {
        return systemPackages(Stream.of("1.7.36", "2.0.20")
                .flatMap(version -> Stream.of("org.slf4j", "org.slf4j.event", "org.slf4j.helpers", "org.slf4j.spi")
                        .map(name -> name + ";version=" + version))
                .toArray(String[]::new));
    }

    private static Option jars(String... names) {
        return composite(Stream.of(names).map(Bundles::jar).toArray(Option[]::new));
    }

    private static Option jar(String name) {
        Path jar = FOLDER.resolve(name + ".jar").toAbsolutePath();
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is missing: add it to bundles.* in cnf/pom.xml");
        }
        return bundle("reference:" + jar.toUri());
    }
}
