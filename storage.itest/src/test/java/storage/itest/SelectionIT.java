package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.inject.Inject;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import storage.api.IdMaps;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict.Outcome;
import storage.selector.Selection;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** The selector in a framework where no driver is installed but those that the test brings and takes. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SelectionIT {
    @Inject
    private BundleContext context;

    @Inject
    private Selector selector;

    @Rule
    public final Roots roots = new Roots();

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.selector());
    }

    private Selection select() {
        return selector.select(StoreRequest.at(roots.root("a")));
    }

    @Test
    public void withoutDriversItSaysSo() {
        Selection selection = select();

        assertEquals(Optional.empty(), selection.chosen());
        assertEquals(List.of(), selection.candidates());
        assertTrue(selection.reason(), selection.reason().contains("No storage driver is installed"));
        assertTrue(selection.advice(), selection.advice().contains("Install and start"));
        StorageException failure =
                assertThrows(StorageException.class, () -> selector.open(StoreRequest.at(roots.root("a"))));
        assertEquals(StorageException.Kind.PREREQUISITES, failure.kind());
        assertTrue(Files.notExists(roots.root("a")));
    }

    @Test
    public void driversThatComeAndGoAreSeenAtOnce() {
        ServiceRegistration<GraphDriver> low = new StubDriver("low").register(context, 10);
        assertEquals(Optional.of("low"), select().chosen());

        ServiceRegistration<GraphDriver> high = new StubDriver("high").register(context, 20);
        assertEquals(Optional.of("high"), select().chosen());

        ServiceRegistration<GraphDriver> unfit =
                new StubDriver("unfit").answering(Outcome.NOT_SUPPORTED).register(context, 30);
        assertEquals(Optional.of("high"), select().chosen());
        assertEquals(
                List.of("unfit", "high", "low"),
                select().candidates().stream().map(Selection.Candidate::driver).toList());

        low.setProperties(FrameworkUtil.asDictionary(Map.of("storage.driver.name", "low", "priority", 40)));
        assertEquals(Optional.of("low"), select().chosen());

        unfit.unregister();
        low.unregister();
        assertEquals(Optional.of("high"), select().chosen());
        high.unregister();
        assertEquals(Optional.empty(), select().chosen());
    }

    @Test
    public void aNamedDriverIsNeverReplaced() {
        ServiceRegistration<GraphDriver> fit = new StubDriver("fit").register(context, 10);
        ServiceRegistration<GraphDriver> unfit = new StubDriver("unfit")
                .answering(Outcome.INCOMPATIBLE_FILESYSTEM)
                .register(context, 20);
        StoreRequest request =
                new StoreRequest(roots.root("a"), Optional.of("unfit"), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);

        assertEquals(Optional.empty(), selector.select(request).chosen());
        StorageException failure = assertThrows(StorageException.class, () -> selector.open(request));
        assertEquals(StorageException.Kind.INCOMPATIBLE_FILESYSTEM, failure.kind());
        assertTrue(failure.getMessage(), failure.getMessage().contains("unfit cannot work"));

        fit.unregister();
        unfit.unregister();
    }

    @Test
    public void theDriverOfAnOpenStoreCanGo() throws IOException {
        StubDriver driver = new StubDriver("stub");
        ServiceRegistration<GraphDriver> registration = driver.register(context, 10);
        Files.createDirectories(roots.root("a"));
        LayerStore store = selector.open(StoreRequest.at(roots.root("a")));
        assertEquals(List.of(), store.layers());

        registration.unregister();

        StorageException failure = assertThrows(StorageException.class, store::layers);
        assertEquals(StorageException.Kind.CLOSED, failure.kind());
        assertTrue(failure.getMessage(), failure.getMessage().contains("'stub' was taken away"));
        assertEquals(1, driver.closed.get());
        Selection selection = select();
        assertTrue(selection.reason(), selection.reason().contains("'stub'"));
        assertTrue(selection.reason(), selection.reason().contains("not installed"));
    }
}
