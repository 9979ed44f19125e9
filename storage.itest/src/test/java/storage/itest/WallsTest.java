package storage.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Who may see whom, read from the compiled classes and the manifests, where no source can hide a dependency. */
class WallsTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath().getParent();
    private static final Set<String> BASE = Set.of("storage.api", "storage.linux", "storage.common");
    static final List<String> BACKENDS = List.of(
            "storage.vfs", "storage.overlay", "storage.btrfs", "storage.aufs", "storage.loopback", "storage.devmapper");

    /** Room to the other rooms it may use. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("storage.api", Set.of()),
            Map.entry("storage.linux", Set.of("storage.api")),
            Map.entry("storage.common", Set.of("storage.api", "storage.linux")),
            Map.entry("storage.testkit", BASE),
            Map.entry("storage.vfs", BASE),
            Map.entry("storage.overlay", BASE),
            Map.entry("storage.btrfs", BASE),
            Map.entry("storage.aufs", BASE),
            Map.entry("storage.loopback", BASE),
            Map.entry(
                    "storage.bench",
                    Set.of(
                            "storage.api",
                            "storage.linux",
                            "storage.common",
                            "storage.vfs",
                            "storage.overlay",
                            "storage.btrfs",
                            "storage.image")),
            Map.entry("storage.devmapper", BASE),
            Map.entry("storage.selector", BASE),
            Map.entry("storage.image", BASE),
            Map.entry("storage.docker", Set.of("storage.api", "storage.linux", "storage.common", "storage.selector")),
            Map.entry("storage.command", Set.of("storage.api", "storage.selector", "storage.image", "storage.docker")),
            Map.entry("storage.example", Set.of("storage.api")),
            Map.entry("storage.karaf", Set.of()),
            Map.entry("storage.launcher", Set.of("storage.command")));

    static final Set<String> ROOMS = new TreeSet<>(MAY_USE.keySet());

    @Test
    void everyModuleIsARoomThatIsChecked() throws IOException {
        try (Stream<Path> folders = Files.list(PROJECT)) {
            assertThat(folders.filter(folder -> Files.exists(folder.resolve("bnd.bnd")))
                            .map(folder -> root(folder.getFileName().toString())))
                    .filteredOn(name -> !name.equals("storage.itest"))
                    .containsExactlyInAnyOrderElementsOf(ROOMS);
        }
    }

    @ParameterizedTest
    @FieldSource("ROOMS")
    void roomUsesOnlyTheRoomsBelowIt(String room) {
        Set<String> allowed = MAY_USE.get(room);
        assertThat(uses(room, name -> {
                    String other = roomOf(name);
                    return other != null && !other.equals(room) && !allowed.contains(other);
                }))
                .isEmpty();
    }

    @ParameterizedTest
    @FieldSource("ROOMS")
    void onlyStorageLinuxUsesJna(String room) {
        if (!room.equals("storage.linux")) {
            assertThat(uses(room, name -> name.startsWith("com.sun.jna."))).isEmpty();
        }
    }

    /** The HTTP server is an engine's affair: nobody else may come to need it. */
    @ParameterizedTest
    @FieldSource("ROOMS")
    void onlyStorageDockerUsesTheHttpServer(String room) {
        if (!room.equals("storage.docker")) {
            assertThat(uses(room, name -> name.startsWith("org.eclipse.jetty.")))
                    .isEmpty();
        }
    }

    @Test
    void apiUsesNothingButTheJdkAndOsgi() {
        assertThat(uses(
                        "storage.api",
                        name -> !name.startsWith("java.")
                                && !name.startsWith("org.osgi.")
                                && !"storage.api".equals(roomOf(name))))
                .isEmpty();
    }

    @ParameterizedTest
    @FieldSource("BACKENDS")
    void backendExportsNothing(String backend) throws IOException {
        assertThat(header(backend, "Export-Package")).isNull();
    }

    /** The manifests say the same as the classes, resource or reflection tricks in a bnd file included. */
    @ParameterizedTest
    @FieldSource("ROOMS")
    void onlyStorageLinuxImportsJna(String room) throws IOException {
        String imports = header(room, "Import-Package");
        if (!room.equals("storage.linux") && imports != null) {
            assertThat(imports).doesNotContain("com.sun.jna");
        }
        assertThat(header(room, "DynamicImport-Package")).isNull();
        assertThat(header(room, "Require-Bundle")).isNull();
    }

    private static List<String> uses(String room, Predicate<String> forbidden) {
        JavaClasses classes = new ClassFileImporter().importPath(folder(room).resolve("target/classes"));
        assertThat(classes).as("compiled classes of " + room).isNotEmpty();
        return classes.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(use -> forbidden.test(
                        use.getTargetClass().getBaseComponentType().getName()))
                .filter(use -> !use.getTargetClass().getBaseComponentType().isPrimitive())
                .map(Dependency::getDescription)
                .sorted()
                .toList();
    }

    /** The header of the room's jar, or null. */
    private static String header(String room, String name) throws IOException {
        Path target = folder(room).resolve("target");
        try (Stream<Path> files = Files.list(target)) {
            List<Path> jars =
                    files.filter(file -> file.toString().endsWith(".jar")).toList();
            assertThat(jars).as("jars in " + target).hasSize(1);
            try (JarFile jar = new JarFile(jars.get(0).toFile())) {
                return jar.getManifest().getMainAttributes().getValue(name);
            }
        }
    }

    private static String roomOf(String className) {
        return ROOMS.stream()
                .filter(room -> className.startsWith(room + "."))
                .findFirst()
                .orElse(null);
    }

    private static Path folder(String room) {
        return PROJECT.resolve(room.equals("storage.launcher") ? "launcher" : room);
    }

    private static String root(String folder) {
        return folder.equals("launcher") ? "storage.launcher" : folder;
    }
}
