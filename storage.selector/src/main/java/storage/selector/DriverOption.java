package storage.selector;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A driver option as people and engines write it: {@code KEY=VALUE}, such as {@code overlay2.size=10G}. */
public record DriverOption(String key, String value) {
    /** What a text says; empty if it is not of that form. Blanks around key and value are not part of them. */
    public static Optional<DriverOption> parse(String text) {
        var equals = text == null ? -1 : text.indexOf('=');
        if (equals < 0 || text.substring(0, equals).isBlank()) {
            return Optional.empty();
        }
        return Optional.of(new DriverOption(
                text.substring(0, equals).strip(), text.substring(equals + 1).strip()));
    }

    /**
     * Options by their keys, in their order. Of a key that is given again the values are put together, with a blank between
     * them: some options are lists, and whoever takes one value refuses two.
     */
    public static Map<String, String> together(Iterable<DriverOption> options) {
        Map<String, String> all = new LinkedHashMap<>();
        for (var option : options) {
            all.merge(option.key, option.value, (first, more) -> first + " " + more);
        }
        return all;
    }
}
