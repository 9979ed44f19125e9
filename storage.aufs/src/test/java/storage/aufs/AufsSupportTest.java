package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict.Outcome;
import storage.aufs.fake.FakeAufs;
import storage.linux.Errno;
import storage.linux.FsMagic;
import storage.linux.Linux;
import storage.linux.StatFs;
import storage.linux.Syscalls;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;

class AufsSupportTest {
    private static final Syscalls LINUX = Linux.syscalls();

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4");

    private DriverHome home;

    @BeforeEach
    void needsRoot() {
        Require.root();
        home = DriverHome.at(FILES.path().resolve("root"));
    }

    private static void nothingLeft() throws Exception {
        try (var left = Files.list(FILES.path())) {
            assertThat(left.filter(path -> !path.endsWith("lost+found"))).isEmpty();
        }
    }

    /** A kernel on which everything lies on a filesystem of that type. */
    private static Syscalls on(long magic) {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, arguments) -> {
                    try {
                        var result = method.invoke(LINUX, arguments);
                        if (method.getName().equals("fstatfs")) {
                            ((StatFs) arguments[1]).type = magic;
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @ParameterizedTest
    @ValueSource(longs = {FsMagic.AUFS, FsMagic.BTRFS, FsMagic.ECRYPTFS})
    void filesystemsThatDoNotSuitAreRefused(long magic) throws Exception {
        var verdict = new FakeAufsDriver(on(magic)).check(home);
        assertThat(verdict.outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
        assertThat(verdict.reason())
                .contains(FsMagic.name(magic))
                .contains(FILES.path().toString());
        assertThat(verdict.advice()).isNotBlank();
        nothingLeft();
    }

    @Test
    void homeThatIsNotThereIsJudgedByWhatIsAbove() throws Exception {
        var verdict = new FakeAufsDriver(LINUX).check(home);
        assertThat(verdict.isSupported()).as(verdict.toString()).isTrue();
        assertThat(verdict.reason()).isEqualTo("Unions by aufs work on extfs in " + FILES.path());
        assertThat(verdict.evidence())
                .anyMatch(e -> e.what().equals("dirperm1") && e.found().equals("taken"));
        nothingLeft();
    }

    @Test
    void optionThatAnOldKernelRefusesIsLeftOut() throws Exception {
        var old = new FakeAufsDriver(LINUX, new FakeAufs.Build(127, false));
        assertThat(old.check(home).evidence())
                .anyMatch(e -> e.what().equals("dirperm1") && e.found().startsWith("not known"));
        try (var store = old.open(home)) {
            assertThat(store.status()).containsEntry("Dirperm1 Supported", "false");
            store.createReadWrite(
                    new storage.api.LayerId("a"), java.util.Optional.empty(), storage.api.LayerOptions.NONE);
            store.createReadWrite(
                    new storage.api.LayerId("b"),
                    java.util.Optional.of(new storage.api.LayerId("a")),
                    storage.api.LayerOptions.NONE);
            store.get(new storage.api.LayerId("b"), "");
            store.put(new storage.api.LayerId("b"));
        }
        try (var store = new FakeAufsDriver(LINUX).open(home)) {
            assertThat(store.status()).containsEntry("Dirperm1 Supported", "true");
        }
        new storage.testkit.tree.TreeMaker(LINUX, FILES.path()).remove("root");
        nothingLeft();
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EPERM, Errno.ENODEV, Errno.EINVAL, Errno.EIO})
    void trialThatTheKernelRefusesIsExplained(int errno) throws Exception {
        // the first mount is that of the private namespace, both trials follow
        var kernel = FailingSyscalls.around(LINUX).fail("mount", 2, errno).fail("mount", 4, errno);
        var verdict = new FakeAufsDriver(kernel.syscalls()).check(home);
        var expected = switch (errno) {
            case Errno.EPERM -> Outcome.PREREQUISITES;
            case Errno.ENODEV -> Outcome.NOT_SUPPORTED;
            case Errno.EINVAL -> Outcome.INCOMPATIBLE_FILESYSTEM;
            default -> Outcome.FAILED;
        };
        assertThat(verdict.outcome()).as(verdict.toString()).isEqualTo(expected);
        assertThat(verdict.reason()).contains(Errno.name(errno));
        nothingLeft();
    }

    @Test
    void everyCallOfTheCheckMayFail() throws Exception {
        var kernel = FailingSyscalls.around(LINUX);
        assertThat(new FakeAufsDriver(kernel.syscalls()).check(home).isSupported())
                .isTrue();
        var calls = kernel.count();
        for (var n = 1; n <= calls; n++) {
            kernel.reset().fail(n, Errno.EIO);
            var verdict = new FakeAufsDriver(kernel.syscalls()).check(home);
            assertThat(verdict.reason()).isNotBlank();
            kernel.reset();
            try (var folders = Files.newDirectoryStream(FILES.path(), ".aufs-check-*")) {
                for (var left : folders) {
                    // the very call that removes it failed
                    new storage.testkit.tree.TreeMaker(LINUX, FILES.path())
                            .remove(left.getFileName().toString());
                }
            }
        }
        nothingLeft();
    }

    @Test
    void readersTryNothing() throws Exception {
        var kernel =
                FailingSyscalls.around(LINUX).failAlways("mount", Errno.EPERM).failAlways("mkdirat", Errno.EROFS);
        var verdict = new FakeAufsDriver(kernel.syscalls()).check(home.readOnly());
        assertThat(verdict.isSupported()).isTrue();
        assertThat(kernel.struck()).isZero();
    }

    /** Where a process is root only of its own namespace, the kernel would let it mount no union. */
    @Test
    void userNamespaceIsRefused() throws Exception {
        Require.program("unshare");
        Require.feature(
                "user namespaces",
                new ProcessBuilder("unshare", "--user", "--map-root-user", "true")
                                .start()
                                .waitFor()
                        == 0,
                "this kernel or this sandbox makes none");
        var process = new ProcessBuilder(
                        "unshare",
                        "--user",
                        "--map-root-user",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        InNamespace.class.getName(),
                        home.root().toString())
                .redirectErrorStream(true)
                .start();
        try (var lines = process.inputReader()) {
            assertThat(lines.lines()).contains("PREREQUISITES Aufs cannot be used from within a user namespace");
        } finally {
            process.destroyForcibly().waitFor();
        }
        nothingLeft();
    }

    /** Checks a home and says what came of it. */
    static final class InNamespace {
        private InNamespace() {}

        public static void main(String[] arguments) {
            var verdict = new FakeAufsDriver(LINUX).check(DriverHome.at(Path.of(arguments[0])));
            System.out.println(verdict.outcome() + " " + verdict.reason());
        }
    }

    @Test
    void driverOptionsAreRefused() {
        GraphDriver driver = new FakeAufsDriver(LINUX);
        var with =
                new DriverHome(Path.of("/nowhere"), Map.of("aufs.size", "1G"), IdMaps.IDENTITY, StoreInfo.Access.WRITE);
        assertThatThrownBy(() -> driver.open(with))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("aufs.size");
    }

    @Test
    void nameAndPriorityAreTheComponents() {
        assertThat(new AufsDriver(LINUX).name()).isEqualTo("aufs");
        assertThat(new AufsDriver(LINUX).homeName()).isEqualTo("aufs");
    }
}
