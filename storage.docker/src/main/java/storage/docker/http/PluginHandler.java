package storage.docker.http;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.docker.protocol.GraphCalls;
import storage.docker.protocol.Wire;

/**
 * One request, one call. What a store refuses is an answer with an {@code Err}, status 200, as the protocol has it; a request
 * that makes no sense has a status of its own. A difference that fails when some of it has been sent is broken off: the
 * engine sees that its end is missing.
 */
final class PluginHandler extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHandler.class);
    private static final String JSON = "application/vnd.docker.plugins.v1.2+json";
    private static final String TAR = "application/x-tar";

    /** The largest request but an archive, in bytes: the engine's are below a thousand. */
    private static final int LARGEST = 1 << 20;

    private static final int BUFFER = 1 << 16;

    private final GraphCalls calls;
    private final RunningCalls running;

    PluginHandler(GraphCalls calls, RunningCalls running) {
        this.calls = calls;
        this.running = running;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        var connection = request.getConnectionMetaData().getConnection().getEndPoint();
        running.begin(connection);
        try {
            serve(request, response);
            callback.succeeded();
        } catch (IOException e) {
            // the connection cannot take an answer any more, which is nothing to log
            callback.failed(new EofException(e));
        } catch (RuntimeException | Error e) {
            callback.failed(e);
        } finally {
            running.end(connection);
        }
        return true;
    }

    private void serve(Request request, Response response) throws IOException {
        if (running.isEnding()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        var name = Request.getPathInContext(request).replaceFirst("^/", "");
        if (!HttpMethod.POST.is(request.getMethod())) {
            refuse(response, HttpStatus.METHOD_NOT_ALLOWED_405, "Calls of the plugin protocol are POST requests.");
            return;
        }
        try {
            switch (name) {
                case "GraphDriver.ApplyDiff" -> applyDiff(request, response);
                case "GraphDriver.Diff" -> diff(request, response);
                default -> call(name, request, response);
            }
        } catch (Wire.Malformed e) {
            refuse(response, HttpStatus.BAD_REQUEST_400, e.getMessage());
        }
    }

    private void call(String name, Request request, Response response) throws IOException {
        var body = body(request, response);
        if (body == null) {
            return;
        }
        try {
            var answer = calls.answer(name, body);
            if (answer.isEmpty()) {
                refuse(response, HttpStatus.NOT_FOUND_404, "There is no call " + name + " in the plugin protocol.");
                return;
            }
            send(response, HttpStatus.OK_200, Wire.bytes(answer.get()));
        } catch (Wire.Malformed e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            failed(name, e, response, HttpStatus.OK_200);
        }
    }

    /** @return null if it is too large, which has been answered */
    private static byte[] body(Request request, Response response) throws IOException {
        try (var in = Content.Source.asInputStream(request)) {
            var body = in.readNBytes(LARGEST + 1);
            if (body.length <= LARGEST) {
                return body;
            }
            discard(in);
            refuse(
                    response,
                    HttpStatus.PAYLOAD_TOO_LARGE_413,
                    "The request is larger than any call: " + LARGEST + " bytes are the most.");
            return null;
        }
    }

    private void applyDiff(Request request, Response response) throws IOException {
        Fields query = Request.extractQueryParameters(request);
        var in = Content.Source.asInputStream(request);
        try {
            var answer = calls.applyDiff(value(query, "id"), value(query, "parent"), in);
            send(response, HttpStatus.OK_200, Wire.bytes(answer));
        } catch (IOException | RuntimeException e) {
            // an engine that is still sending would never read the answer, but call again with what is left of the
            // archive
            discard(in);
            failed("GraphDriver.ApplyDiff", e, response, HttpStatus.OK_200);
        }
    }

    private static String value(Fields query, String name) {
        var value = query.getValue(name);
        return value == null ? "" : value;
    }

    /** Throws if the connection is gone. */
    private static void discard(InputStream in) throws IOException {
        var buffer = new byte[BUFFER];
        while (in.read(buffer) >= 0) {
            // nobody wants it
        }
    }

    private void diff(Request request, Response response) throws IOException {
        var body = body(request, response);
        if (body == null) {
            return;
        }
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, TAR);
        // nothing is sent before the buffer is full, so that most failures still have an answer
        var out = new BufferedOutputStream(Content.Sink.asOutputStream(response), BUFFER);
        try {
            calls.diff(body, out);
        } catch (IOException | RuntimeException e) {
            if (response.isCommitted() && e instanceof StorageException) {
                LOG.warn("GraphDriver.Diff is broken off: {}", e.getMessage());
            }
            if (response.isCommitted() || e instanceof Wire.Malformed) {
                throw e;
            }
            failed("GraphDriver.Diff", e, response, HttpStatus.INTERNAL_SERVER_ERROR_500);
            return;
        }
        out.close();
    }

    private static void failed(String name, Exception thrown, Response response, int status) throws IOException {
        if (!(thrown instanceof StorageException)) {
            LOG.warn("{} failed", name, thrown);
        }
        send(response, status, Wire.failure(thrown));
    }

    private static void refuse(Response response, int status, String sentence) throws IOException {
        send(response, status, Wire.refusal(sentence));
    }

    private static void send(Response response, int status, byte[] json) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, JSON);
        Content.Sink.write(response, true, ByteBuffer.wrap(json));
    }
}
