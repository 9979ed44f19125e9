package storage.image.sink;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import storage.image.meta.Bad;
import storage.image.meta.LayerEntry;

/**
 * The size of an archive from its tar-split record: one JSON object a line, of {@code type} 1 a file with its
 * {@code size}, of type 2 a piece of the archive itself as base64 in {@code payload}.
 */
final class SplitSize {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private SplitSize() {}

    /** The sum of all pieces, in bytes. */
    static long of(InputStream record, LayerEntry entry) throws IOException {
        var total = 0L;
        try (var parser = JSON.createParser(record)) {
            while (parser.nextToken() != null) {
                total += line(parser);
            }
            return total;
        } catch (com.fasterxml.jackson.core.JsonProcessingException
                | java.io.CharConversionException // it begins as text in UTF-32 does
                | java.io.EOFException
                | java.util.zip.ZipException
                | IllegalArgumentException e) { // a payload that is no base64
            throw Bad.record("The archive record of layer %s is cut off or damaged", entry.layer())
                    .causedBy(e)
                    .forLayer(entry.layer());
        }
    }

    private static long line(JsonParser parser) throws IOException {
        var type = 0;
        var size = 0L;
        var payload = 0L;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var field = parser.currentName();
            var token = parser.nextToken();
            if (field.equals("type") && token == JsonToken.VALUE_NUMBER_INT) {
                type = parser.getIntValue();
            } else if (field.equals("size") && token == JsonToken.VALUE_NUMBER_INT) {
                size = parser.getLongValue();
            } else if (field.equals("payload") && token == JsonToken.VALUE_STRING) {
                payload = parser.readBinaryValue(OutputStream.nullOutputStream());
            } else {
                parser.skipChildren();
            }
        }
        return type == 2 ? payload : size;
    }
}
