package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.fails;
import static storage.linux.Folder.ok;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountCallsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final byte[] NONE = {};
    private final Syscalls linux = Folder.LINUX;
    private Folder folder;

    @BeforeEach
    void open(@TempDir Path path) throws Exception {
        folder = new Folder(path.toRealPath());
    }

    @AfterEach
    void close() {
        folder.close();
    }

    @Test
    void statfsTellsTheFilesystem() throws Exception {
        var answer = new StatFs();
        ok(linux.statfs(bytes("/proc"), answer));
        assertThat(FsMagic.name(answer.type)).isEqualTo("proc");
        ok(linux.fstatfs(folder.fd, answer));
        var store = Files.getFileStore(folder.path);
        assertThat(answer.blocks * answer.blockSize).isEqualTo(store.getTotalSpace());
        assertThat(answer.nameLength).isEqualTo(255);
        assertThat(answer.blocksFree).isGreaterThanOrEqualTo(answer.blocksAvailable);
        assertThat(answer.files).isGreaterThanOrEqualTo(answer.filesFree);
        fails(linux.statfs(bytes(folder.below("none")), answer), Errno.ENOENT);
        fails(linux.fstatfs(-1, answer), Errno.EBADF);
    }

    @Test
    void refusedMounts() {
        var target = bytes(folder.path.toString());
        fails(linux.mount(NONE, target, bytes("tmpfs"), 0, new byte[] {'a', 0}), Errno.EINVAL);
        fails(linux.mount(NONE, target, bytes("tmpfs"), 0, new byte[linux.pageSize()]), Errno.E2BIG);
        Gate.root();
        fails(linux.mount(NONE, target, bytes("no-such-filesystem"), 0, NONE), Errno.ENODEV);
        fails(linux.umount2(target, 0), Errno.EINVAL);
        fails(linux.mount(NONE, bytes(folder.below("none")), bytes("tmpfs"), 0, NONE), Errno.ENOENT);
    }

    @Test
    void mountsAndUnmounts() throws Exception {
        Gate.root();
        ok(linux.mkdirat(folder.fd, bytes("a b:c,d\\e#\n"), 0755));
        var path = folder.below("a b:c,d\\e#\n");
        ok(linux.mount(
                bytes("some source"), bytes(path), bytes("tmpfs"), MountCalls.MS_NODEV, bytes("size=64k,mode=700")));
        try {
            var entry = MountTable.read().at(path).orElseThrow();
            assertThat(entry.type()).isEqualTo("tmpfs");
            assertThat(entry.source()).isEqualTo("some source");
            assertThat(entry.options()).contains("rw", "nodev");
            assertThat(entry.superOption("size")).contains("64k");
            var stat = folder.stat("a b:c,d\\e#\n");
            assertThat(stat.mount).isEqualTo(entry.id());
            assertThat(stat.mountPoint).isTrue();
            assertThat(folder.stat(".").mountPoint).isFalse();
            assertThat(stat.device).isEqualTo(entry.device());
            var inside = ok(linux.openat(folder.fd, bytes("a b:c,d\\e#\n"), FileCalls.O_RDONLY, 0));
            assertThat(ProcFd.target(linux, inside)).isEqualTo(path);
            fails(linux.umount2(bytes(path), 0), Errno.EBUSY);
            ok(linux.close(inside));
            ok(linux.mount(NONE, bytes(path), NONE, MountCalls.MS_REMOUNT | MountCalls.MS_RDONLY, NONE));
            assertThat(MountTable.read().at(path).orElseThrow().isReadOnly()).isTrue();
        } finally {
            ok(linux.umount2(bytes(path), MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW));
        }
        assertThat(MountTable.read().isMounted(path)).isFalse();
    }

    @Test
    void aDeletedDirectoryIsToldApart() throws Exception {
        Gate.root();
        ok(linux.mkdirat(folder.fd, bytes("bound"), 0755));
        ok(linux.mkdirat(folder.fd, bytes("target"), 0755));
        var target = folder.below("target");
        ok(linux.mount(bytes(folder.below("bound")), bytes(target), NONE, MountCalls.MS_BIND, NONE));
        try {
            ok(linux.unlinkat(folder.fd, bytes("bound"), FileCalls.AT_REMOVEDIR));
            var entry = MountTable.read().at(target).orElseThrow();
            assertThat(entry.isDeleted()).isTrue();
            assertThat(entry.root()).endsWith("/bound");
        } finally {
            ok(linux.umount2(bytes(target), MountCalls.MNT_DETACH));
        }
    }

    @Test
    void mountsOfAPrivateThreadAreItsOwn() throws Exception {
        Gate.root();
        var path = folder.path.toString();
        var seen = PrivateThread.call(linux, PrivateThread.Isolation.MOUNTS, LIMIT, () -> {
            ok(linux.mount(bytes("private"), bytes(path), bytes("tmpfs"), 0, NONE));
            assertThat(MountTable.read().entries())
                    .allMatch(entry -> entry.propagation().isEmpty());
            return MountTable.read().at(path).orElseThrow().source();
        });
        assertThat(seen).isEqualTo("private");
        assertThat(MountTable.read().isMounted(path)).isFalse();
    }

    @Test
    void overlayTakesEveryPathInEscapedForm() throws Exception {
        Gate.overlay();
        for (var odd : List.of("a b:c,d\\e", "\\", "::", ",,", "\\\\,:", "-=+", "caf\u00e9", "tab\tline\n")) {
            overlay(odd);
        }
    }

    private void overlay(String odd) throws Exception {
        ok(linux.mkdirat(folder.fd, bytes(odd), 0755));
        for (var name : new String[] {"l1", "l2:,\\", "upper", "work", "merged"}) {
            ok(linux.mkdirat(folder.fd, bytes(odd + "/" + name), 0755));
        }
        folder.write(odd + "/l1/one", "1");
        folder.write(odd + "/l2:,\\/two", "2");
        var root = folder.below(odd) + "/";
        var options = new MountOptions()
                .flag("redirect_dir=off")
                .paths("lowerdir", List.of(bytes(root + "l1"), bytes(root + "l2:,\\")))
                .path("upperdir", bytes(root + "upper"))
                .path("workdir", bytes(root + "work"));
        assertThat(options.length()).isEqualTo(options.bytes().length);
        var merged = root + "merged";
        ok(linux.mount(bytes("overlay"), bytes(merged), bytes("overlay"), 0, options.bytes()));
        try {
            folder.write(odd + "/merged/three", "3");
            assertThat(folder.stat(odd + "/merged/one").size).isEqualTo(1);
            assertThat(folder.stat(odd + "/merged/two").size).isEqualTo(1);
            assertThat(folder.stat(odd + "/upper/three").size).isEqualTo(1);
            var entry = MountTable.read().at(merged).orElseThrow();
            assertThat(MountOptions.paths(entry.superOption("lowerdir").orElseThrow()))
                    .containsExactly(root + "l1", root + "l2:,\\");
            assertThat(MountOptions.paths(entry.superOption("upperdir").orElseThrow()))
                    .containsExactly(root + "upper");
            assertThat(MountOptions.paths(entry.superOption("workdir").orElseThrow()))
                    .containsExactly(root + "work");
        } finally {
            ok(linux.umount2(bytes(merged), MountCalls.MNT_DETACH));
        }
    }
}
