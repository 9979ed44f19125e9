package storage.docker.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** HTTP/1.1 over a unix socket as an engine writes it, byte by byte; one connection. */
final class RawClient implements AutoCloseable {
    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    RawClient(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        in = Channels.newInputStream(channel);
        out = Channels.newOutputStream(channel);
    }

    /** An answer. */
    static final class Answer {
        private final int status;
        private final String type;
        private final byte[] body;

        Answer(int status, String type, byte[] body) {
            this.status = status;
            this.type = type;
            this.body = body;
        }

        int status() {
            return status;
        }

        String type() {
            return type;
        }

        byte[] body() {
            return body;
        }

        JsonNode json() throws IOException {
            return JsonMapper.builder().build().readTree(body);
        }

        String error() throws IOException {
            return json().path("Err").asText("");
        }
    }

    /** One call on a connection of its own. */
    static Answer call(Path socket, String name, String json) throws IOException {
        try (var client = new RawClient(socket)) {
            return client.call(name, json);
        }
    }

    /** One archive on a connection of its own. */
    static Answer apply(Path socket, String id, String parent, byte[] archive) throws IOException {
        try (var client = new RawClient(socket)) {
            client.head("POST", "/GraphDriver.ApplyDiff?id=" + id + "&parent=" + parent, "Transfer-Encoding: chunked");
            client.chunk(archive, 0, archive.length);
            client.send("0\r\n\r\n");
            return client.answer();
        }
    }

    Answer call(String name, String json) throws IOException {
        return call("POST", "/" + name, json.getBytes(StandardCharsets.UTF_8));
    }

    Answer call(String method, String path, byte[] body) throws IOException {
        head(method, path, "Content-Length: " + body.length);
        out.write(body);
        return answer();
    }

    void head(String method, String path, String length) throws IOException {
        send(method + " " + path + " HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\n" + length
                + "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n\r\n");
    }

    void send(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A piece of a body, as a chunk. */
    void chunk(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
            send(Integer.toHexString(length) + "\r\n");
            out.write(bytes, offset, length);
            send("\r\n");
        }
    }

    Answer answer() throws IOException {
        var status = Integer.parseInt(line().split(" ", 3)[1]);
        var type = "";
        var length = -1;
        for (var line = line(); !line.isEmpty(); line = line()) {
            var name = line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
            var value = line.substring(line.indexOf(':') + 1).strip();
            if (name.equals("content-type")) {
                type = value;
            } else if (name.equals("content-length")) {
                length = Integer.parseInt(value);
            }
        }
        return new Answer(status, type, length >= 0 ? in.readNBytes(length) : chunks());
    }

    private byte[] chunks() throws IOException {
        var body = new ByteArrayOutputStream();
        while (true) {
            var length = Integer.parseInt(line(), 16);
            body.write(in.readNBytes(length));
            line();
            if (length == 0) {
                return body.toByteArray();
            }
        }
    }

    /** At least one byte of what comes, so that the server is known to have begun. */
    int read() throws IOException {
        return in.read();
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (var c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("The connection ended after '" + line + "'");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
