package storage.docker.http;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.docker.protocol.GraphCalls;
import storage.linux.Syscalls;

/**
 * The engine's calls by HTTP/1.1 over a unix socket, a thread each. Nothing times out: an engine that unpacks what it pulls is
 * as slow as its network, and one that has gone closes its sockets.
 */
public final class PluginServer implements AutoCloseable {
    /** A build has several calls open at a time (one reads a difference that another one takes), and builds are many. */
    private static final int THREADS = 256;

    private static final int IDLE_THREADS = 2;
    private static final int BACKLOG = 128;

    /** How long running calls have to end when the plugin stops: less than what a terminal's user waits for. */
    private static final Duration DRAIN = Duration.ofSeconds(20);

    private final Server server;
    private final UnixDomainServerConnector connector;
    private final SocketFile file;
    private final RunningCalls running;

    private PluginServer(Server server, UnixDomainServerConnector connector, SocketFile file, RunningCalls running) {
        this.server = server;
        this.connector = connector;
        this.file = file;
        this.running = running;
    }

    /**
     * Begins to serve.
     *
     * @throws StorageException if the socket cannot be had
     */
    public static PluginServer start(Syscalls linux, String name, Path socket, GraphCalls calls)
            throws StorageException {
        try {
            var file = SocketFile.prepare(linux, socket);
            try {
                return start(name, calls, file);
            } catch (IOException | RuntimeException e) {
                file.discard();
                throw e;
            }
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw failed(socket, e);
        }
    }

    private static PluginServer start(String name, GraphCalls calls, SocketFile file) throws IOException {
        var threads = new QueuedThreadPool(THREADS, IDLE_THREADS);
        threads.setName("engine-" + name);
        threads.setDaemon(true);
        var server = new Server(threads);
        server.setStopTimeout(0);
        var running = new RunningCalls();
        server.setHandler(new PluginHandler(calls, running));
        var connector = new UnixDomainServerConnector(server, 1, 1, new EngineConnections(http()));
        connector.setUnixDomainPath(file.bound());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(0);
        server.addConnector(connector);
        var made = new PluginServer(server, connector, file, running);
        try {
            server.start();
            file.publish();
            return made;
        } catch (Exception e) {
            try {
                server.stop();
            } catch (Exception again) {
                e.addSuppressed(again);
            }
            throw e instanceof IOException known ? known : new IOException("The HTTP server did not start: " + e, e);
        }
    }

    private static HttpConfiguration http() {
        var http = new HttpConfiguration();
        http.setHttpCompliance(EngineConnections.COMPLIANCE);
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        http.setIdleTimeout(0);
        return http;
    }

    private static StorageException failed(Path socket, IOException e) {
        return StorageException.of(
                        Kind.IO,
                        "The socket " + socket + " cannot be served: " + e,
                        "Look after the folder that it is in")
                .causedBy(e);
    }

    /**
     * Stops. The socket goes first, so that the engine's next call finds none and tries again until the next process serves
     * it; connections on which nothing happens are closed, and the others with their last answer.
     */
    @Override
    public void close() throws StorageException {
        try {
            file.remove();
            running.closeIdle(connector.getConnectedEndPoints());
            running.drain(DRAIN);
            server.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(Kind.INTERRUPTED, "The plugin was interrupted while it stopped")
                    .causedBy(e);
        } catch (IOException e) {
            throw StorageException.of(Kind.IO, "The socket could not be removed: " + e)
                    .causedBy(e);
        } catch (Exception e) {
            throw StorageException.of(Kind.IO, "The HTTP server did not stop: " + e)
                    .causedBy(e);
        }
    }
}
