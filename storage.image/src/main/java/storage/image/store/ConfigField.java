package storage.image.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import storage.api.StorageException;
import storage.image.meta.Shown;

/**
 * The fields of an image configuration's {@code config}: those of the OCI image specification (config.md), and what
 * engines have besides.
 */
enum ConfigField {
    User(Form.TEXT),
    ExposedPorts(Form.SET),
    Env(Form.TEXTS),
    Entrypoint(Form.TEXTS),
    Cmd(Form.TEXTS),
    Volumes(Form.SET),
    WorkingDir(Form.TEXT),
    Labels(Form.TEXT_BY_NAME),
    StopSignal(Form.TEXT),
    StopTimeout(Form.NUMBER),
    ArgsEscaped(Form.FLAG),
    Hostname(Form.TEXT),
    Domainname(Form.TEXT),
    Shell(Form.TEXTS),
    OnBuild(Form.TEXTS),
    Healthcheck(Form.OBJECT);

    /** What a value looks like. */
    private enum Form {
        TEXT("text, such as \"x\"", JsonNode::isTextual),
        TEXTS("a list of texts, such as [\"a\",\"b\"]", value -> value.isArray() && all(value, JsonNode::isTextual)),
        TEXT_BY_NAME(
                "an object of texts, such as {\"a\":\"b\"}",
                value -> value.isObject() && all(value, JsonNode::isTextual)),
        SET("an object of empty objects, such as {\"a\":{}}", value -> value.isObject() && all(value, Form::isEmpty)),
        NUMBER("a whole number", JsonNode::isIntegralNumber),
        FLAG("true or false", JsonNode::isBoolean),
        OBJECT("an object", JsonNode::isObject);

        private final String text;

        @SuppressWarnings("ImmutableEnumChecker") // functions without state
        private final Predicate<JsonNode> test;

        Form(String text, Predicate<JsonNode> test) {
            this.text = text;
            this.test = test;
        }

        private static boolean all(JsonNode values, Predicate<JsonNode> test) {
            return StreamSupport.stream(values.spliterator(), false).allMatch(test);
        }

        private static boolean isEmpty(JsonNode value) {
            return value.isObject() && value.isEmpty();
        }
    }

    private final Form form;

    ConfigField(Form form) {
        this.form = form;
    }

    /**
     * Refuses a change that no other tool could read. Null takes a field away.
     *
     * @throws StorageException INVALID for a field that there is not, or a value of another form
     */
    static void check(String name, JsonNode value) throws StorageException {
        var field = find(name);
        if (field.isEmpty()) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "An image configuration has no field " + Shown.text(name),
                    "The fields are "
                            + Arrays.stream(values()).map(ConfigField::name).collect(Collectors.joining(", ")));
        }
        if (!value.isNull() && !value.isMissingNode() && !field.get().form.test.test(value)) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The field " + name + " cannot be " + Shown.text(value.toString()),
                    "Its value is " + field.get().form.text);
        }
    }

    private static Optional<ConfigField> find(String name) {
        return Arrays.stream(values())
                .filter(field -> field.name().equals(name))
                .findFirst();
    }
}
