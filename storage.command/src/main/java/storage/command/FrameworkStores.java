package storage.command;

import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.command.run.Store;
import storage.command.run.Stores;
import storage.docker.EnginePlugins;
import storage.image.ImageStore;
import storage.image.Images;
import storage.selector.Migrations;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/**
 * Stores by the services of this framework, looked up when a command asks: not as references of the component, because
 * storage.image may be missing, and a component with its types in a signature could then not even be made.
 *
 * <p>A store that a configuration has opened is used as it is: opening it once more would only run into this process'
 * own lock.
 */
final class FrameworkStores implements Stores {
    private final BundleContext context;

    FrameworkStores(BundleContext context) {
        this.context = context;
    }

    @Override
    public Selector selector() throws StorageException {
        return service(Selector.class).orElseThrow(() -> missing("Stores cannot be opened", "storage.selector"));
    }

    @Override
    public Migrations migrations() throws StorageException {
        return service(Migrations.class).orElseThrow(() -> missing("Stores cannot be moved", "storage.selector"));
    }

    @Override
    public Store open(StoreRequest request) throws StorageException {
        var published = published(request);
        return published.isPresent()
                ? new Store(this, published.get(), false)
                : new Store(this, selector().open(request), true);
    }

    @Override
    public ImageStore images(LayerStore layers) throws StorageException {
        return service(Images.class)
                .orElseThrow(() -> missing("Images cannot be used", "storage.image"))
                .over(layers);
    }

    @Override
    public EnginePlugins engines() throws StorageException {
        return service(EnginePlugins.class).orElseThrow(() -> missing("Engines cannot be served", "storage.docker"));
    }

    @Override
    public Optional<String> configured(String name) {
        return Optional.ofNullable(context.getProperty(name));
    }

    private Optional<LayerStore> published(StoreRequest request) {
        try {
            for (var reference : context.getServiceReferences(LayerStore.class, null)) {
                var root = reference.getProperty(StorageConstants.STORE_ROOT);
                var driver = reference.getProperty(StorageConstants.DRIVER_NAME);
                if (request.root().toString().equals(String.valueOf(root))
                        && request.driver()
                                .filter(named -> !named.equals(driver))
                                .isEmpty()) {
                    return Optional.ofNullable(context.getService(reference));
                }
            }
            return Optional.empty();
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("No filter has no syntax", e);
        }
    }

    /** Held until this bundle stops: a component that nobody holds would be taken down with the stores it has opened. */
    private <S> Optional<S> service(Class<S> type) {
        return Optional.ofNullable(context.getServiceReference(type)).map(context::getService);
    }

    private static StorageException missing(String what, String bundle) {
        return StorageException.of(
                StorageException.Kind.NOT_SUPPORTED,
                what + ": the service of " + bundle + " is missing",
                "Install and start the bundle " + bundle);
    }
}
