package storage.command.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A word {@code KEY=VALUE} of a command line. */
public record KeyValue(String key, String value) {
    /** How the command line is read. */
    public static final class Reader implements ITypeConverter<KeyValue> {
        @Override
        public KeyValue convert(String word) {
            var equals = word.indexOf('=');
            if (equals <= 0) {
                throw new TypeConversionException("not KEY=VALUE: " + word);
            }
            return new KeyValue(word.substring(0, equals), word.substring(equals + 1));
        }
    }

    /**
     * Options by their keys. Of a key that is given again the values are put together, with a blank between them: some
     * options are lists, and whoever takes one value refuses two.
     */
    public static Map<String, String> options(List<KeyValue> words) {
        var options = new LinkedHashMap<String, String>();
        words.forEach(word -> options.merge(word.key, word.value, (first, more) -> first + " " + more));
        return options;
    }
}
