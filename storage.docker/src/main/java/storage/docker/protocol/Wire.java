package storage.docker.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import storage.api.StorageException;

/** Between the engine's JSON and our types. */
public final class Wire {
    /** A type factory of its own: the default one would keep the classes of this bundle when it is updated. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .typeFactory(TypeFactory.createDefaultInstance())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Wire() {}

    /** A request that is no JSON of its kind. */
    public static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        Malformed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static <T> T read(byte[] body, Class<T> type) throws Malformed {
        if (body.length == 0) {
            throw new Malformed(
                    "The request is empty: the plugin may have been stopped in the middle of the call. Try again.",
                    null);
        }
        try {
            var value = MAPPER.readValue(body, type);
            if (value == null) {
                throw new Malformed("The request holds nothing.", null);
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new Malformed("The request is no JSON of its kind: " + e.getOriginalMessage(), e);
        } catch (Malformed e) {
            throw e;
        } catch (IOException e) {
            throw new Malformed("The request cannot be read: " + e.getMessage(), e);
        }
    }

    /** An answer as the engine reads it. */
    public static byte[] bytes(Map<String, ?> answer) {
        try {
            return MAPPER.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A failure as the engine reads it: our sentence and what to do. */
    public static byte[] failure(Throwable thrown) {
        return refusal(sentence(thrown));
    }

    /** A request that cannot be understood, as the engine reads it. */
    public static byte[] refusal(String sentence) {
        return bytes(Map.of("Err", text(sentence)));
    }

    private static String sentence(Throwable thrown) {
        var message = thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
        if (thrown instanceof StorageException known && !known.advice().isEmpty()) {
            return message + ". " + known.advice();
        }
        return thrown instanceof IOException ? message : "Internal error: " + thrown;
    }

    /** JSON is text: bytes of a name that are none show as U+FFFD, as they do when the engine itself writes them. */
    static String text(String name) {
        if (name.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return name;
        }
        var text = new StringBuilder(name.length());
        name.codePoints().forEach(c -> text.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 0xfffd : c));
        return text.toString();
    }
}
