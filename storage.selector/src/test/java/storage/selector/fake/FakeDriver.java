package storage.selector.fake;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;

/** A driver whose answers are set from outside, and which remembers what it was asked. */
public final class FakeDriver implements GraphDriver {
    private final String name;
    public String home;
    public Verdict verdict = Verdict.supported("fake", List.of());
    public RuntimeException checkThrows;
    public StorageException layersThrow;
    public volatile StorageException openThrows;
    /** Run at the end of an opening. */
    public Runnable atOpen = () -> {};

    public final Set<LayerId> layers = new ConcurrentSkipListSet<>();
    public final Set<LayerId> mounted = new ConcurrentSkipListSet<>();
    public final List<DriverHome> checks = new ArrayList<>();
    public final List<FakeStore> stores = new ArrayList<>();
    public final List<DriverHome> homes = new ArrayList<>();

    public FakeDriver(String name, String... layers) {
        this.name = name;
        this.home = name;
        Stream.of(layers).map(LayerId::new).forEach(this.layers::add);
    }

    /** The same driver, answering that it cannot work. */
    public FakeDriver cannot(Verdict.Outcome outcome) {
        verdict = Verdict.no(outcome, name + " cannot.", "Help " + name + ".", List.of());
        return this;
    }

    /** The service properties of this driver. */
    public Map<String, Object> properties(int priority, long id) {
        return Map.of("storage.driver.name", name, "priority", priority, "service.id", id);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String homeName() {
        return home;
    }

    @Override
    public Verdict check(DriverHome where) {
        checks.add(where);
        if (checkThrows != null) {
            throw checkThrows;
        }
        return verdict;
    }

    @Override
    public Set<LayerId> layers(DriverHome where) throws StorageException {
        if (layersThrow != null) {
            throw layersThrow;
        }
        return Set.copyOf(layers);
    }

    @Override
    public LayerStore open(DriverHome where) throws StorageException {
        if (openThrows != null) {
            throw openThrows;
        }
        homes.add(where);
        var store = new FakeStore(where.info(this), layers, mounted);
        stores.add(store);
        atOpen.run();
        return store;
    }

    public FakeStore last() {
        return stores.get(stores.size() - 1);
    }
}
