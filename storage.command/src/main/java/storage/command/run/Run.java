package storage.command.run;

import java.nio.file.Files;
import java.nio.file.LinkOption;
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
        return globals.options();
    }

    /** What the global options ask for. */
    public StoreRequest request(Access access) throws StorageException {
        return request(access, globals.options());
    }

    /** The same with other driver options. */
    public StoreRequest request(Access access, Map<String, String> options) throws StorageException {
        return new StoreRequest(
                stores.root(globals),
                Optional.ofNullable(globals.driver).or(() -> stores.configured(Stores.DRIVER)),
                options,
                IdMaps.IDENTITY,
                access,
                globals.newStore);
    }

    /** What a command of this command asks for: another root and driver, no options. */
    public StoreRequest request(Access access, Path root, String driver) {
        return new StoreRequest(root, Optional.ofNullable(driver), Map.of(), IdMaps.IDENTITY, access, false);
    }

    /** The root that the global options mean. */
    public Path root() throws StorageException {
        return stores.root(globals);
    }

    /** The value of {@code --root}, if it was given. */
    public Optional<Path> askedRoot() throws StorageException {
        return globals.root == null ? Optional.empty() : Optional.of(UserPath.of("--root", globals.root));
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

    /**
     * Opens a store to change what is in it already. Where there is none yet, none is made: a mistyped root must leave
     * no empty store behind.
     *
     * @param needed looks up what the command needs, and throws NOT_FOUND if it is not there
     */
    public Store open(StoreRequest request, Needed needed) throws StorageException {
        // the record of the driver is there as soon as anything was opened for writing, and spares a second opening
        if (request.newStore() || !Files.exists(request.root().resolve("storage/active"))) {
            try (var store = stores.open(reading(request))) {
                needed.in(store);
            }
        }
        return stores.open(request);
    }

    /** The same with what the global options ask for. */
    public Store openExisting(Needed needed) throws StorageException {
        return open(request(Access.WRITE), needed);
    }

    /** Opens a store to tidy it up; empty where there is none, so that none is made. */
    public Optional<Store> openToTidy() throws StorageException {
        var request = request(Access.WRITE);
        if (request.newStore() || !Files.exists(request.root().resolve("storage"), LinkOption.NOFOLLOW_LINKS)) {
            try (var store = stores.open(reading(request))) {
                if (store.layers().layers().isEmpty()) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(stores.open(request));
    }

    private static StoreRequest reading(StoreRequest request) {
        return new StoreRequest(
                request.root(), request.driver(), request.options(), request.idMaps(), Access.READ, request.newStore());
    }

    /** What has to be in a store. */
    @FunctionalInterface
    public interface Needed {
        void in(Store store) throws StorageException;
    }

    /** Tells a person something about a command that succeeds. Programs, which asked for JSON, have it in the result. */
    public void note(String sentence) throws Printer.Gone {
        if (!globals.json) {
            notes.line("storage: " + notes.name(sentence));
        }
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
