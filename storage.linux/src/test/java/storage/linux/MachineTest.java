package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read from the machine: privilege, filesystems, modules, magics. */
class MachineTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void privilegeOfRootAndOfNobody() {
        var status = "Name:\tjava\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t%s\nCapBnd:\t0\n";
        var root = new Privilege(Privilege.effective(status.formatted("000001ffffffffff")), true);
        assertThat(root.has(Privilege.CAP_SYS_ADMIN)).isTrue();
        assertThat(root.has(Privilege.CAP_CHOWN)).isTrue();
        assertThat(root.canMount()).isTrue();
        assertThat(root.canMakeAnyFile()).isTrue();
        assertThat(new Privilege(root.effective(), false).canMount()).isFalse();
        // what an engine's containers have: everything about files, no mounts
        var container = new Privilege(Privilege.effective(status.formatted("00000000a80425fb")), true);
        assertThat(container.canMakeAnyFile()).isTrue();
        assertThat(container.canMount()).isFalse();
        var nobody = new Privilege(Privilege.effective(status.formatted("0000000000000000")), true);
        assertThat(nobody.has(Privilege.CAP_MKNOD)).isFalse();
        assertThat(nobody.canMakeAnyFile()).isFalse();
        assertThat(Privilege.effective("nothing here")).isZero();
    }

    @Test
    void ownPrivilegeAgreesWithWhatTheKernelLets() throws Exception {
        var current = Privilege.current();
        if (!current.canMount()) {
            return;
        }
        var unshared = PrivateThread.call(
                Folder.LINUX,
                PrivateThread.Isolation.MOUNTS,
                LIMIT,
                () -> MountTable.read().entries().size());
        assertThat(unshared).isPositive();
    }

    @Test
    void filesystems() throws Exception {
        assertThat(Filesystems.parse("nodev\tproc\n\text4\nnodev\toverlay\n\n"))
                .containsExactlyInAnyOrder("proc", "ext4", "overlay");
        assertThat(Filesystems.registered()).contains("proc", "tmpfs");
        assertThat(Filesystems.has("proc")).isTrue();
        assertThat(Filesystems.has("nodev")).isFalse();
    }

    @Test
    void magics() throws Exception {
        assertThat(FsMagic.name(FsMagic.EXT)).isEqualTo("extfs");
        assertThat(FsMagic.name(0xffffffff9123683eL)).as("sign-extended").isEqualTo("btrfs");
        assertThat(FsMagic.name(0x1234)).isEqualTo("0x1234");
        try (var proc = Fd.directory(Folder.LINUX, "/proc")) {
            assertThat(FsMagic.of(Folder.LINUX, proc.number())).isEqualTo("proc");
        }
    }

    @Test
    void theKernelsRelease() throws Exception {
        assertThat(Kernel.release())
                .isEqualTo(
                        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    }

    @Test
    void modulesByAToolThatIsThere(@TempDir Path path) throws Exception {
        var tool = tool(path, "[ \"$1 $2\" = '-- good' ] && [ -z \"$HOME\" ] && exit 0; echo 'no such thing'; exit 3");
        assertThat(KernelModules.load("good", List.of(path.resolve("none"), tool), LIMIT)
                        .loaded())
                .isTrue();
        var bad = KernelModules.load("bad", List.of(tool), LIMIT);
        assertThat(bad.loaded()).isFalse();
        assertThat(bad.message()).isEqualTo("modprobe bad ended with 3: no such thing");
    }

    @Test
    void modulesByAToolThatIsMissingOrHangs(@TempDir Path path) throws Exception {
        var missing = KernelModules.load("overlay", List.of(path.resolve("none")), LIMIT);
        assertThat(missing.loaded()).isFalse();
        assertThat(missing.message()).contains("no modprobe");
        var hangs = tool(path, "read -r x < " + fifo(path));
        var late = KernelModules.load("slow", List.of(hangs), Duration.ofMillis(50));
        assertThat(late.message()).contains("did not end");
        Thread.currentThread().interrupt();
        var interrupted = KernelModules.load("slow", List.of(hangs), LIMIT);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(interrupted.message()).contains("interrupted");
        for (var name : new String[] {"", "-r", "a b", "../x"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> KernelModules.load(name));
        }
    }

    @Test
    void noProjectQuotaIsExplained(@TempDir Path path) throws Exception {
        try (var folder = new Folder(path)) {
            var reason = ProjectQuota.unavailable(Folder.LINUX, folder.fd);
            if (reason.isPresent()) {
                assertThat(reason.orElseThrow()).matches("(the|project|quotas) .*");
            }
        }
        try (var proc = Fd.directory(Folder.LINUX, "/proc")) {
            assertThat(ProjectQuota.unavailable(Folder.LINUX, proc.number()).orElseThrow())
                    .contains("no project ids");
        }
    }

    private static Path tool(Path folder, String script) throws Exception {
        var tool = folder.resolve("tool");
        Files.writeString(tool, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
        return tool;
    }

    private static Path fifo(Path folder) {
        Folder.ok(
                Folder.LINUX.mknodat(FileCalls.AT_FDCWD, PathBytes.of(folder.resolve("fifo")), Stat.S_IFIFO | 0600, 0));
        return folder.resolve("fifo");
    }
}
