package storage.command.run;

import java.nio.file.Path;
import java.util.Optional;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.docker.EnginePlugins;
import storage.image.ImageStore;
import storage.selector.Migrations;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** Where commands get their stores from: the services of the framework, seen at the time of the call. */
public interface Stores {
    /** Framework property: the root of commands that name none. */
    String ROOT = "storage.root";
    /** Framework property: the driver of commands that name none. */
    String DRIVER = "storage.driver";
    /** Framework property: if it is there, results come as JSON. */
    String JSON = "storage.json";
    /** Framework property: if it is there, commands tell more. */
    String VERBOSE = "storage.verbose";
    /** Framework property: if it is there, a named driver may start an empty store. */
    String NEW_STORE = "storage.new-store";
    /** Framework property: driver options of all commands, lines {@code KEY=VALUE}. */
    String OPTIONS = "storage.options";

    /** The selection. */
    Selector selector() throws StorageException;

    /** Moves stores between drivers. */
    Migrations migrations() throws StorageException;

    /** Opens what the request means, or hands out the store that a configuration has opened for the same root. */
    Store open(StoreRequest request) throws StorageException;

    /** The images over a store. */
    ImageStore images(LayerStore layers) throws StorageException;

    /** Serves engines. */
    EnginePlugins engines() throws StorageException;

    /** What this framework is set to, if it is: one of the framework properties above. */
    Optional<String> configured(String name);

    /** The root of a request whose {@code --root} was not given. */
    default Path root(Globals globals) throws StorageException {
        return globals.root(configured(ROOT));
    }
}
