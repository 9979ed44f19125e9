package storage.docker.http;

import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;

/**
 * Connections of an engine, whose requests have a Host header without a value. The protocol allows that of a target without
 * an authority (RFC 9112, section 3.2), the server does not; so the target gets one before the server looks at it.
 */
final class EngineConnections extends HttpConnectionFactory {
    /** The authority that a target gets is not that of the header. */
    static final HttpCompliance COMPLIANCE =
            HttpCompliance.RFC7230.with("engine", HttpCompliance.Violation.MISMATCHED_AUTHORITY);

    private static final String AUTHORITY = "http://engine";

    EngineConnections(HttpConfiguration configuration) {
        super(configuration);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        return configure(new EngineConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
    }

    private static final class EngineConnection extends HttpConnection {
        EngineConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
            super(configuration, connector, endPoint);
        }

        @Override
        protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
            return super.newHttpStream(method, uri.startsWith("/") ? AUTHORITY + uri : uri, version);
        }
    }
}
