package storage.common.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Writes a tar-split record: one JSON object a line, with the engine's names in the engine's order. Type 1 is a file of
 * the layer with the check sum of its content, type 2 is bytes of the archive.
 */
final class SplitRecord {
    /** Longer segments are cut, so that neither side needs much memory. */
    private static final int SEGMENT = 256 << 10;

    private final OutputStream out;
    private final ByteArrayOutputStream segment = new ByteArrayOutputStream(4096);
    private final StringBuilder line = new StringBuilder();
    private int position;

    SplitRecord(OutputStream out) {
        this.out = out;
    }

    /** Adds bytes of the archive itself. */
    void bytes(byte[] bytes, int offset, int length) throws IOException {
        for (var done = 0; done < length; ) {
            var count = Math.min(length - done, SEGMENT - segment.size());
            segment.write(bytes, offset + done, count);
            done += count;
            if (segment.size() == SEGMENT) {
                flushSegment();
            }
        }
    }

    private void flushSegment() throws IOException {
        if (segment.size() > 0) {
            line.setLength(0);
            line.append("{\"type\":2,\"payload\":\"");
            line.append(Base64.getEncoder().encodeToString(segment.toByteArray()));
            end();
            segment.reset();
        }
    }

    private void end() throws IOException {
        line.append("\",\"position\":").append(position++).append("}\n");
        out.write(line.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Adds an entry of the archive, whose header has been added as bytes.
     *
     * @param size 0 if it has no content that is to be taken from the layer
     * @param sum of the content, null if there is none
     */
    void file(byte[] name, long size, byte[] sum) throws IOException {
        flushSegment();
        line.setLength(0);
        line.append("{\"type\":1");
        name(name);
        if (size > 0) {
            line.append(",\"size\":").append(size);
        }
        if (sum == null) {
            line.append(",\"payload\":null,\"position\":").append(position++).append("}\n");
            out.write(line.toString().getBytes(StandardCharsets.UTF_8));
        } else {
            line.append(",\"payload\":\"").append(Base64.getEncoder().encodeToString(sum));
            end();
        }
    }

    /** As text where it is UTF-8, else as base64. */
    private void name(byte[] name) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            line.append(",\"name_raw\":\"")
                    .append(Base64.getEncoder().encodeToString(name))
                    .append('"');
            return;
        }
        if (text.isEmpty()) {
            return;
        }
        line.append(",\"name\":\"");
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            // what Go's encoder escapes
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        line.append('"');
    }

    /** The record is complete. */
    void finish() throws IOException {
        flushSegment();
        out.flush();
    }
}
