package storage.command;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.command.entry.CommandEntry;
import storage.command.entry.Terminal;
import storage.command.run.Dispatch;
import storage.command.run.Store;
import storage.command.run.Stores;
import storage.command.run.Verb;
import storage.image.ImageStore;
import storage.image.Images;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/**
 * The command line as a service, and the same commands for the Gogo shell.
 *
 * <p>A store that a configuration has opened in this framework is used as it is: opening it once more would only run
 * into this process' own lock.
 */
@Component(
        service = CommandEntry.class,
        property = {
            "osgi.command.scope=storage",
            "osgi.command.function=demo",
            "osgi.command.function=drivers",
            "osgi.command.function=help",
            "osgi.command.function=version",
            "osgi.command.function=import",
            "osgi.command.function=images",
            "osgi.command.function=tag",
            "osgi.command.function=rmi",
            "osgi.command.function=commit",
            "osgi.command.function=export",
            "osgi.command.function=create",
            "osgi.command.function=mount",
            "osgi.command.function=umount",
            "osgi.command.function=ls",
            "osgi.command.function=rm",
            "osgi.command.function=changes",
            "osgi.command.function=diff",
            "osgi.command.function=apply",
            "osgi.command.function=status",
            "osgi.command.function=inspect",
            "osgi.command.function=df",
            "osgi.command.function=prune",
            "osgi.command.function=check",
            "osgi.command.function=cleanup"
        })
public final class CommandService implements CommandEntry, Stores {
    private final BundleContext context;
    private final Dispatch dispatch;
    private final Map<LayerStore, Map<String, Object>> published = new ConcurrentHashMap<>();
    private volatile Selector selector;
    private volatile Images images;

    @Activate
    public CommandService(BundleContext context) {
        this.context = context;
        dispatch = new Dispatch(this, this::verb);
    }

    private Verb verb(String name) {
        return Verbs.make(name, dispatch);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addSelector(Selector service) {
        selector = service;
    }

    void removeSelector(Selector service) {
        if (selector == service) {
            selector = null;
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addImages(Images service) {
        images = service;
    }

    void removeImages(Images service) {
        if (images == service) {
            images = null;
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addStore(LayerStore store, Map<String, Object> properties) {
        published.put(store, properties);
    }

    void removeStore(LayerStore store) {
        published.remove(store);
    }

    @Override
    public int run(List<String> args, Terminal terminal) {
        return dispatch.run(args, terminal);
    }

    /**
     * What Gogo calls for every function above; the first argument is the function's name.
     *
     * @throws CommandFailed so that a script stops; the reason is on the error stream
     */
    public void _main(Object[] args) {
        var code = dispatch.run(Arrays.stream(args).map(String::valueOf).toList(), new SystemTerminal());
        if (code != 0) {
            throw new CommandFailed(String.valueOf(args[0]), code);
        }
    }

    @Override
    public Selector selector() throws StorageException {
        var service = selector;
        if (service == null) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "Stores cannot be opened: the service of storage.selector is missing",
                    "Install and start the bundle storage.selector");
        }
        return service;
    }

    @Override
    public Store open(StoreRequest request) throws StorageException {
        for (var store : published.entrySet()) {
            var root = store.getValue().get(StorageConstants.STORE_ROOT);
            var driver = store.getValue().get(StorageConstants.DRIVER_NAME);
            if (request.root().toString().equals(String.valueOf(root))
                    && request.driver().filter(named -> !named.equals(driver)).isEmpty()) {
                return new Store(this, store.getKey(), false);
            }
        }
        return new Store(this, selector().open(request), true);
    }

    @Override
    public ImageStore images(LayerStore layers) throws StorageException {
        var service = images;
        if (service == null) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "Images cannot be used: the service of storage.image is missing",
                    "Install and start the bundle storage.image");
        }
        return service.over(layers);
    }

    @Override
    public Optional<String> configured(String name) {
        return Optional.ofNullable(context.getProperty(name));
    }
}
