package storage.selector.service;

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
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageConstants;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.selector.choice.Offer;

/**
 * One configured store: published while it is open. A changed configuration takes effect under its consumers; one that
 * names another root makes another store of it.
 *
 * <p>It opens when the framework has started (drivers come one after another, and the first is not the best), and looks
 * again whenever a driver comes or goes, and from time to time while another process holds it. Opening, closing and
 * publishing happen on the thread that brings the news, under {@code transition}, whose waits are bounded.
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
    private final Later later = new Later(this::driversChanged);

    private final ReentrantLock transition = new ReentrantLock();
    /** Empty if the configuration cannot be used. Guarded by {@code transition}, as is the next. */
    private Optional<LiveStore> live = Optional.empty();

    private boolean stopped;

    @Activate
    public ConfiguredStore(@Reference Stores stores, BundleContext context, StoreConfiguration configuration) {
        this.stores = stores;
        this.context = context;
        this.name = Settings.name(configuration);
        exclusively(() -> begin(configuration));
        context.addFrameworkListener(this);
        stores.watch(this);
        driversChanged();
    }

    private void begin(StoreConfiguration configuration) {
        try {
            live = Optional.of(live(Settings.of(configuration)));
        } catch (StorageException e) {
            new StoreNews(stores, name, Optional.empty()).problem(e);
            stores.remember(name, Optional.empty(), e);
        }
    }

    private LiveStore live(Settings settings) {
        return new LiveStore(stores, context, settings, later, this::exclusively);
    }

    @Override
    public void frameworkEvent(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.STARTED) {
            driversChanged();
        }
    }

    @Override
    public void driversChanged() {
        if (context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getState() == Bundle.ACTIVE) {
            exclusively(() -> live.ifPresent(LiveStore::attend));
        }
    }

    @Override
    public void driverLeaving(Offer gone) {
        exclusively(() -> live.ifPresent(store -> store.driverLeaving(gone)));
    }

    @Override
    public void driverLeft(Offer gone) {
        exclusively(() -> live.ifPresent(store -> store.driverLeft(gone)));
    }

    @Modified
    void modify(StoreConfiguration configuration) {
        exclusively(() -> {
            if (stopped) {
                return;
            }
            if (live.isEmpty()) {
                begin(configuration);
                live.ifPresent(store -> driversChanged());
                return;
            }
            try {
                change(live.get(), Settings.of(configuration));
            } catch (StorageException e) {
                live.get().refuse(e);
            }
        });
    }

    private void change(LiveStore store, Settings settings) {
        if (store.settings().isOfSameStore(settings)) {
            store.modify(settings);
            return;
        }
        store.end(changed());
        live = Optional.of(live(settings));
        driversChanged();
    }

    private StorageException changed() {
        return StorageException.of(
                Kind.CLOSED,
                "The store '" + name + "' is closed: its configuration was changed or taken away",
                "Look up the service again");
    }

    @Deactivate
    void stop() {
        stores.unwatch(this);
        context.removeFrameworkListener(this);
        later.close();
        exclusively(() -> {
            stopped = true;
            live.ifPresent(store -> store.end(changed()));
            live = Optional.empty();
        });
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
}
