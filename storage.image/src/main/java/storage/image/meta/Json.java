package storage.image.meta;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;

/** JSON from outside, read as a tree with every field checked where it is used. */
public final class Json {
    /** How many values, names and brackets one document may have: a tree of them has to fit in a small heap. */
    private static final long MOST_TOKENS = 200_000;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /**
     * Reads an object.
     *
     * @param what what the bytes are, for the message
     * @throws StorageException BAD_ARCHIVE if they are no JSON object
     */
    public static ObjectNode object(byte[] bytes, String what) throws StorageException {
        if (tree(bytes, what) instanceof ObjectNode object) {
            return object;
        }
        throw Bad.archive("%s is not a JSON object", what);
    }

    /** Reads an array; see {@link #object(byte[], String)}. */
    public static ArrayNode array(byte[] bytes, String what) throws StorageException {
        if (tree(bytes, what) instanceof ArrayNode array) {
            return array;
        }
        throw Bad.archive("%s is not a JSON array", what);
    }

    private static JsonNode tree(byte[] bytes, String what) throws StorageException {
        try {
            return MAPPER.readTree(bytes);
        } catch (StreamConstraintsException e) {
            throw Bad.limit("%s is too deep or has too many values (%s)", what, Shown.text(e.getOriginalMessage()))
                    .causedBy(e);
        } catch (JsonProcessingException e) {
            throw Bad.archive("%s is cut off or no JSON (%s)", what, Shown.text(e.getOriginalMessage()))
                    .causedBy(e);
        } catch (IOException e) {
            throw Bad.archive("%s cannot be read as JSON", what).causedBy(e);
        }
    }

    /** Any JSON value that a user wrote. */
    public static JsonNode value(String text, String what) throws StorageException {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw Bad.request("%s is not a JSON value: %s", what, Shown.text(text))
                    .causedBy(e);
        }
    }

    /** A text field; empty if it is missing, null or empty. */
    public static Optional<String> text(JsonNode node, String field, String what) throws StorageException {
        var value = node.get(field);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw Bad.archive("The field %s of %s is not text", field, what);
        }
        return Optional.of(value.textValue()).filter(text -> !text.isEmpty());
    }

    /** A text field that has to be there. */
    public static String needed(JsonNode node, String field, String what) throws StorageException {
        return text(node, field, what).orElseThrow(() -> Bad.archive("%s has no field %s", what, field));
    }

    /** The elements of an array field; none if it is missing or null. */
    public static List<JsonNode> elements(JsonNode node, String field, String what) throws StorageException {
        var value = node.get(field);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw Bad.archive("The field %s of %s is not an array", field, what);
        }
        var elements = new ArrayList<JsonNode>();
        value.forEach(elements::add);
        return elements;
    }

    /** The text elements of an array field; none if it is missing or null. */
    public static List<String> texts(JsonNode node, String field, String what) throws StorageException {
        var texts = new ArrayList<String>();
        for (var element : elements(node, field, what)) {
            if (!element.isTextual()) {
                throw Bad.archive("The field %s of %s does not hold text alone", field, what);
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    /** An object field; an empty object if it is missing or null. */
    public static ObjectNode child(JsonNode node, String field, String what) throws StorageException {
        var value = node.get(field);
        if (value == null || value.isNull()) {
            return newObject();
        }
        if (value instanceof ObjectNode object) {
            return object;
        }
        throw Bad.archive("The field %s of %s is not an object", field, what);
    }

    /** An object without fields. */
    public static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    /** An array without elements. */
    public static ArrayNode newArray() {
        return MAPPER.createArrayNode();
    }

    /** A tree as bytes, without any white space. */
    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree can always be written", e);
        }
    }
}
