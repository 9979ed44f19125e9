package storage.docker.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.PluginSettings;
import storage.docker.protocol.GraphCalls;
import storage.linux.Linux;

/** The socket's file: who may have it, and what is left of it. */
class SocketFileTest {
    @TempDir
    Path work;

    private Path socket;

    @BeforeEach
    void place() {
        socket = work.resolve("plugins/p.sock");
    }

    private PluginServer serve() throws Exception {
        var settings =
                new PluginSettings("p", socket, Optional.empty(), Optional.empty(), Map.of(), work.resolve("state"));
        return PluginServer.start(Linux.syscalls(), "p", socket, new GraphCalls(settings, new DirectStore()));
    }

    private void refused(Kind kind) {
        assertThatThrownBy(this::serve).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(kind);
            assertThat(e.advice()).isNotEmpty();
        });
    }

    @Test
    void onlyItsOwnerMayUseItAndItGoesAtTheEnd() throws Exception {
        try (var server = serve()) {
            assertThat(server).isNotNull();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            try (var files = Files.list(socket.getParent())) {
                assertThat(files).containsExactly(socket);
            }
            assertThat(RawClient.call(socket, "Plugin.Activate", "").status()).isEqualTo(200);
        }
        assertThat(socket.getParent()).isEmptyDirectory();
    }

    @Test
    void aLivingOneIsRefused() throws Exception {
        try (var server = serve()) {
            assertThat(server).isNotNull();
            refused(Kind.IN_USE);
            assertThat(RawClient.call(socket, "Plugin.Activate", "").status()).isEqualTo(200);
        }
    }

    @Test
    void aStaleOneGivesWay() throws Exception {
        Files.createDirectory(socket.getParent());
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (var server = serve()) {
            assertThat(server).isNotNull();
            assertThat(RawClient.call(socket, "Plugin.Activate", "").status()).isEqualTo(200);
        }
    }

    @Test
    void whatIsNoSocketStays() throws Exception {
        Files.createDirectory(socket.getParent());
        Files.writeString(socket, "precious");
        refused(Kind.INVALID);
        assertThat(socket).hasContent("precious");
        try (var files = Files.list(socket.getParent())) {
            assertThat(files).containsExactly(socket);
        }
    }

    @Test
    void aFolderThatOthersCanWriteToIsRefused() throws Exception {
        Files.createDirectory(socket.getParent());
        Files.setPosixFilePermissions(socket.getParent(), PosixFilePermissions.fromString("rwxrwx---"));
        refused(Kind.PERMISSION);
        assertThat(socket.getParent()).isEmptyDirectory();
    }

    @Test
    void aPathThatNoSocketCanHaveIsRefused() {
        socket = work.resolve("plugins").resolve("p".repeat(120) + ".sock");
        refused(Kind.INVALID);
    }

    @Test
    void anothersSocketInItsPlaceIsLeftAlone() throws Exception {
        var server = serve();
        Files.delete(socket);
        try (var other = serve()) {
            assertThat(other).isNotNull();
            server.close();
            assertThat(RawClient.call(socket, "Plugin.Activate", "").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "overlay2", "devicemapper", "a/b", "../x", ".x", "a b"})
    void namesThatNoPluginCanHave(String name) {
        assertThatThrownBy(() -> PluginSettings.standardSocket(name))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID));
    }
}
