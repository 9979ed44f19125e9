package storage.selector.service;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.api.IdMaps;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.linux.Syscalls;
import storage.selector.Migrations;
import storage.selector.StoreRequest;
import storage.selector.migrate.Migration;
import storage.selector.state.ActiveDriver;
import storage.selector.swap.MovableStore;

/** The service {@link Migrations}. */
@Component
public final class MigrationComponent implements Migrations {
    private final Syscalls linux;
    private final Stores stores;
    private final BundleContext context;

    @Activate
    public MigrationComponent(@Reference Syscalls linux, @Reference Stores stores, BundleContext context) {
        this.linux = linux;
        this.stores = stores;
        this.context = context;
    }

    @Override
    public Result migrate(Request request, Progress progress) throws StorageException {
        return call("move the store", request.root(), () -> {
            if (new ActiveDriver(request.root()).read().isEmpty()) {
                recordDriver(request);
            }
            var published = published(request.root());
            if (published.isEmpty()) {
                return migration(request.root()).migrate(request, progress);
            }
            return new LiveMigration(stores, migration(request.root()), published.get()).run(request, progress);
        });
    }

    /** The store of a root that is open for consumers of this framework: it is moved under them. */
    private Optional<MovableStore> published(Path root) {
        try {
            for (var reference : context.getServiceReferences(MovableStore.class, null)) {
                if (root.toString().equals(reference.getProperty(StorageConstants.STORE_ROOT))) {
                    return Optional.ofNullable(context.getService(reference));
                }
            }
            return Optional.empty();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("No filter has no syntax", e);
        }
    }

    /** Another program's store has no record of its driver: opening it makes one. */
    private void recordDriver(Request request) throws StorageException {
        var store = new StoreRequest(
                request.root(), Optional.empty(), request.options(), IdMaps.IDENTITY, Access.READ, false);
        try (var found = stores.open("", store).inner().store()) {
            if (found.layers().isEmpty()) {
                throw Migration.noStore(request.root());
            }
        }
        var writing = new StoreRequest(
                request.root(), Optional.empty(), request.options(), IdMaps.IDENTITY, Access.WRITE, false);
        stores.open("", writing).inner().store().close();
    }

    @Override
    public Optional<Unfinished> unfinished(Path root) throws StorageException {
        return call("look for a migration", root, migration(root)::unfinished);
    }

    @Override
    public Optional<Unfinished> abandon(Path root, Map<String, String> options) throws StorageException {
        return call("give up the migration", root, () -> migration(root).abandon(options));
    }

    @Override
    public List<String> clean(Path root, Map<String, String> options) throws StorageException {
        return call(
                "remove what migrations left behind",
                root,
                () -> migration(root).clean(options));
    }

    private Migration migration(Path root) {
        return new DriverHomes(stores).migration(linux, root);
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T call(String what, Path root, Work<T> work) throws StorageException {
        try {
            return work.run();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(Kind.IO, "Could not " + what + " at " + root + ": " + e)
                    .causedBy(e);
        }
    }
}
