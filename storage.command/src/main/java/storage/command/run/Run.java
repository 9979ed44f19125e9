package storage.command.run;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import storage.api.IdMaps;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.command.entry.Terminal;
import storage.command.text.Json;
import storage.command.text.Printer;
import storage.image.ImageStore.Progress;
import storage.selector.StoreRequest;

/**
 * One call of a command: what it was given and what it talks through.
 *
 * @param terminal the caller's streams
 * @param out results, buffered; flushed at the end of the command
 * @param notes remarks for people, on the error stream
 * @param globals the options that every command takes
 * @param stores where stores come from
 * @param line the parsed command line, for errors
 */
public record Run(Terminal terminal, Printer out, Printer notes, Globals globals, Stores stores, CommandLine line) {

    /** Whether results are to be JSON. */
    public boolean json() {
        return globals.json;
    }

    /** Whether to tell more. */
    public boolean verbose() {
        return globals.verbose;
    }

    /** Prints a value as JSON. */
    public void json(Object value) throws Printer.Gone {
        out.line(Json.text(value));
    }

    /** The driver options: of a command that has layer options of its own, those with a dot. */
    public Map<String, String> options() {
        return globals.options;
    }

    /** What the global options ask for. */
    public StoreRequest request(Access access) {
        return request(access, globals.options);
    }

    /** The same with other driver options. */
    public StoreRequest request(Access access, Map<String, String> options) {
        return new StoreRequest(
                stores.root(globals),
                Optional.ofNullable(globals.driver).or(() -> stores.configured("storage.driver")),
                options,
                IdMaps.IDENTITY,
                access,
                globals.newStore);
    }

    /** What a command of this command asks for: another root and driver, no options. */
    public StoreRequest request(Access access, Path root, String driver) {
        return new StoreRequest(root, Optional.ofNullable(driver), Map.of(), IdMaps.IDENTITY, access, false);
    }

    /** The value of {@code --root}, if it was given. */
    public Optional<Path> askedRoot() {
        return Optional.ofNullable(globals.root).map(root -> Path.of(root).toAbsolutePath());
    }

    /** The value of {@code --driver}, if it was given. */
    public Optional<String> askedDriver() {
        return Optional.ofNullable(globals.driver);
    }

    /** Opens the store. */
    public Store open(Access access) throws StorageException {
        return stores.open(request(access));
    }

    /** Opens a store. */
    public Store open(StoreRequest request) throws StorageException {
        return stores.open(request);
    }

    /** An id that the user gave. */
    public static LayerId id(String text) throws StorageException {
        return LayerId.parse(text);
    }

    /** The failure of a command line that cannot be understood. */
    public CommandLine.ParameterException usage(String message) {
        return Failure.usage(line, message);
    }

    /** Shows the progress of long work if somebody watches, and does it. */
    public <T> T watched(Watched<T> work) throws Exception {
        if (!terminal.errIsTerminal() || globals.json) {
            return work.with(Progress.NONE);
        }
        try (var bar = terminal.bar()) {
            return work.with(bar::at);
        }
    }

    /** Long work. */
    @FunctionalInterface
    public interface Watched<T> {
        T with(Progress progress) throws Exception;
    }
}
