package storage.selector.service;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.selector.StoreRequest;
import storage.selector.choice.Offer;

/**
 * One configured store: published while it is open. A changed configuration makes a new one of this.
 *
 * <p>It opens when the framework has started (drivers come one after another, and the first is not the best), and tries
 * again whenever a driver comes or goes, and from time to time while another process holds it. Opening and publishing happen on the thread that brings the news, under
 * {@code transition}, whose waits are bounded.
 */
@Component(
        configurationPid = StorageConstants.STORE_PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {})
@Designate(ocd = StoreConfiguration.class, factory = true)
public final class ConfiguredStore implements Stores.Watcher, FrameworkListener {
    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredStore.class);
    private static final Duration TRANSITION = Duration.ofMinutes(2);

    private final Stores stores;
    private final BundleContext context;
    private final String name;
    private final boolean unmountOnStop;
    private final Duration drain;
    /** Empty if the configuration cannot be used. */
    private final Optional<StoreRequest> request;

    private final Retry retry = new Retry(this::driversChanged);

    private final ReentrantLock transition = new ReentrantLock();
    /** The next four are guarded by {@code transition}. */
    private Optional<Publication> published = Optional.empty();

    private Optional<Offer> offer = Optional.empty();
    private boolean stopped;
    /** The last problem that was logged, so that each is logged once. */
    private String logged = "";

    @Activate
    public ConfiguredStore(@Reference Stores stores, BundleContext context, StoreConfiguration configuration) {
        this.stores = stores;
        this.context = context;
        var given = configuration.storage_name();
        this.name = given == null || given.isBlank() ? StoreConfiguration.DEFAULT_NAME : given.strip();
        this.unmountOnStop = configuration.unmountOnStop();
        this.drain = Duration.ofSeconds(Math.max(0, configuration.drainSeconds()));
        Optional<StoreRequest> valid = Optional.empty();
        try {
            valid = Optional.of(Requests.of(configuration));
        } catch (StorageException e) {
            report(Optional.empty(), e);
            stores.remember(name, Optional.empty(), e);
        }
        this.request = valid;
        if (request.isPresent()) {
            context.addFrameworkListener(this);
            stores.watch(this);
            driversChanged();
        }
    }

    @Override
    public void frameworkEvent(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.STARTED) {
            driversChanged();
        }
    }

    @Override
    public void driversChanged() {
        if (framework() == Bundle.ACTIVE) {
            exclusively(this::open);
        }
    }

    @Override
    public void driverLeft(Offer gone) {
        exclusively(() -> {
            if (offer.filter(gone::equals).isPresent()) {
                var store = published.orElseThrow().store();
                var why = SelectorComponent.gone(store);
                // a framework that shuts down may take the driver first
                withdraw(why, unmountOnStop && framework() == Bundle.STOPPING);
                if (framework() == Bundle.ACTIVE) {
                    report(Optional.of(store.info().root()), why);
                    stores.remember(name, Optional.of(store.info().root()), why);
                }
            }
        });
    }

    @Deactivate
    void stop() {
        stores.unwatch(this);
        context.removeFrameworkListener(this);
        retry.close();
        exclusively(() -> {
            stopped = true;
            published.ifPresent(publication -> withdraw(
                    StorageException.of(
                            Kind.CLOSED,
                            "The store '" + name + "' is closed: its configuration was changed or taken away",
                            "Look up the service again"),
                    unmountOnStop));
        });
    }

    private void open() {
        if (stopped || published.isPresent()) {
            return;
        }
        try {
            var opened = stores.open(name, request.orElseThrow(), drain);
            var publication = new Publication(opened.store());
            published = Optional.of(publication);
            offer = Optional.of(opened.offer());
            logged = "";
            retry.worked();
            publication.publish(context, name);
        } catch (StorageException e) {
            report(Optional.of(request.orElseThrow().root()), e);
            if (e.kind() == Kind.LOCKED) {
                retry.later();
            }
        } catch (IllegalStateException e) {
            // the bundle is being stopped: it cannot register services any more, and stop() comes next
            LOG.debug("The store '{}' is not published", name, e);
        }
    }

    private void withdraw(StorageException why, boolean unmount) {
        var publication = published.orElseThrow();
        published = Optional.empty();
        offer = Optional.empty();
        publication.withdraw();
        if (unmount) {
            try {
                publication.store().cleanup();
            } catch (StorageException e) {
                LOG.warn("The store '{}' could not unmount everything: {}", name, text(e));
            }
        }
        SelectorComponent.close(publication.store(), why);
    }

    /** One change at a time. A reason to change that cannot wait its turn is logged: the next one finds the right state. */
    private void exclusively(Runnable change) {
        try {
            if (!transition.tryLock(TRANSITION.toSeconds(), TimeUnit.SECONDS)) {
                LOG.error("The store '{}' has been opening or closing for {} s", name, TRANSITION.toSeconds());
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("The store '{}' was interrupted while it waited for an earlier change", name);
            return;
        }
        try {
            change.run();
        } finally {
            transition.unlock();
        }
    }

    private void report(Optional<Path> root, StorageException e) {
        var text = text(e);
        if (!text.equals(logged)) {
            logged = text;
            LOG.error(
                    "The store '{}'{} is not available: {}",
                    name,
                    root.map(path -> " at " + path).orElse(""),
                    text);
        }
    }

    private static String text(StorageException e) {
        return e.advice().isEmpty() ? e.getMessage() : e.getMessage() + ". " + e.advice();
    }

    private int framework() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState();
    }
}
