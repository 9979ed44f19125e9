package storage.command.text;

import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Writes maps, lists, strings, numbers and booleans as JSON text (RFC 8259), in ASCII.
 *
 * <p>Bytes of names that are no UTF-8 come as the escapes {@code \}{@code udc80} to {@code \}{@code udcff}, which Python and JavaScript read
 * back without loss. A library would do, but loading one takes longer than most commands.
 */
public final class Json {
    private final StringBuilder text = new StringBuilder();

    private Json() {}

    /** The value as text, without a final line feed. An empty Optional is {@code null}. */
    public static String text(Object value) {
        var json = new Json();
        json.value(value, 0);
        return json.text.toString();
    }

    private void value(Object value, int depth) {
        if (value instanceof Map<?, ?> map) {
            object(map, depth);
        } else if (value instanceof Iterable<?> list) {
            array(list, depth);
        } else if (value instanceof Optional<?> optional) {
            value(optional.orElse(null), depth);
        } else if (value instanceof OptionalInt optional) {
            value(optional.isPresent() ? optional.getAsInt() : null, depth);
        } else if (value instanceof Raw raw) {
            text.append(raw.json());
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else {
            string(value.toString());
        }
    }

    /** A value that is JSON text already. */
    public record Raw(String json) {}

    private void object(Map<?, ?> map, int depth) {
        if (map.isEmpty()) {
            text.append("{}");
            return;
        }
        var separator = "{";
        for (var entry : map.entrySet()) {
            text.append(separator);
            line(depth + 1);
            string(entry.getKey().toString());
            text.append(": ");
            value(entry.getValue(), depth + 1);
            separator = ",";
        }
        line(depth);
        text.append('}');
    }

    private void array(Iterable<?> list, int depth) {
        Iterator<?> values = list.iterator();
        if (!values.hasNext()) {
            text.append("[]");
            return;
        }
        text.append('[');
        while (values.hasNext()) {
            line(depth + 1);
            value(values.next(), depth + 1);
            if (values.hasNext()) {
                text.append(',');
            }
        }
        line(depth);
        text.append(']');
    }

    private void line(int depth) {
        text.append('\n').append("  ".repeat(depth));
    }

    private void string(String value) {
        text.append('"');
        for (var i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c >= 0x20 && c < 0x7f) {
                text.append(c);
            } else {
                text.append("\\u");
                for (var shift = 12; shift >= 0; shift -= 4) {
                    text.append(Character.forDigit(c >> shift & 0xf, 16));
                }
            }
        }
        text.append('"');
    }
}
