package storage.selector.service;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.selector.DriverOption;
import storage.selector.StoreRequest;

/** Turns a configuration, which anybody may have typed, into a request. */
final class Requests {
    private Requests() {}

    /** @throws StorageException INVALID, naming the attribute and its value */
    static StoreRequest of(StoreConfiguration configuration) throws StorageException {
        return new StoreRequest(
                root(configuration.root()),
                Optional.ofNullable(configuration.driver()).map(String::strip).filter(name -> !name.isEmpty()),
                options(configuration.options()),
                new IdMaps(ranges("uidMap", configuration.uidMap()), ranges("gidMap", configuration.gidMap())),
                access(configuration.access()),
                false);
    }

    private static Path root(String text) throws StorageException {
        if (text == null || text.isBlank()) {
            throw invalid("has no root", "Set 'root' to an absolute path");
        }
        try {
            var path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw invalid("has the root '" + text + "', which is no absolute path", "Set 'root' to an absolute path");
    }

    private static Map<String, String> options(String[] lines) throws StorageException {
        var options = new ArrayList<DriverOption>();
        for (var line : orNone(lines)) {
            options.add(DriverOption.parse(line)
                    .orElseThrow(() -> invalid(
                            "has the option '" + line + "', which is not of the form KEY=VALUE", "Correct 'options'")));
        }
        return DriverOption.together(options);
    }

    private static List<IdMaps.Range> ranges(String attribute, String[] lines) throws StorageException {
        var ranges = new ArrayList<IdMaps.Range>();
        for (var line : orNone(lines)) {
            var numbers = line.strip().split("\\s*:\\s*", -1);
            try {
                if (numbers.length == 3) {
                    ranges.add(new IdMaps.Range(
                            Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2])));
                    continue;
                }
            } catch (IllegalArgumentException e) {
                // told below
            }
            throw invalid(
                    "has '" + line + "' in " + attribute + ", which is no range of ids",
                    "Write INSIDE:HOST:COUNT, such as 0:100000:65536");
        }
        return ranges;
    }

    private static Access access(String text) throws StorageException {
        for (var access : Access.values()) {
            if (text == null || access.name().equals(text.strip().toUpperCase(Locale.ROOT))) {
                return text == null ? Access.WRITE : access;
            }
        }
        throw invalid("has the access '" + text + "'", "Set 'access' to READ or WRITE");
    }

    /** What to do about a better driver. */
    static Settings.Moving moving(String text) throws StorageException {
        for (var moving : Settings.Moving.values()) {
            if (text == null || moving.name().equals(text.strip().toUpperCase(Locale.ROOT))) {
                return text == null ? Settings.Moving.EMPTY : moving;
            }
        }
        throw invalid("has '" + text + "' in moveToBetter", "Set 'moveToBetter' to never, empty or migrate");
    }

    private static String[] orNone(String[] lines) {
        return lines == null ? new String[0] : lines;
    }

    private static StorageException invalid(String what, String advice) {
        return StorageException.of(Kind.INVALID, "The configuration " + what, advice);
    }
}
