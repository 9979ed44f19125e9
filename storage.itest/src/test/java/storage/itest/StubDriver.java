package storage.itest;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageConstants;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;

/** A driver of somebody else: a service like any other, whose stores hold nothing. */
final class StubDriver implements GraphDriver {
    private final String name;
    private volatile Verdict verdict = Verdict.supported("It always works", List.of());
    final AtomicInteger closed = new AtomicInteger();

    StubDriver(String name) {
        this.name = name;
    }

    StubDriver answering(Verdict.Outcome outcome) {
        verdict = Verdict.no(outcome, name + " cannot work", "Use another", List.of());
        return this;
    }

    ServiceRegistration<GraphDriver> register(BundleContext context, int priority) {
        return context.registerService(
                GraphDriver.class,
                this,
                FrameworkUtil.asDictionary(
                        java.util.Map.of(StorageConstants.DRIVER_NAME, name, StorageConstants.PRIORITY, priority)));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Verdict check(DriverHome home) {
        return verdict;
    }

    @Override
    public Set<LayerId> layers(DriverHome home) {
        return Set.of();
    }

    @Override
    public LayerStore open(DriverHome home) {
        return (LayerStore) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LayerStore.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "info" -> home.info(this);
                    case "layers" -> List.of();
                    case "close" -> {
                        closed.incrementAndGet();
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
