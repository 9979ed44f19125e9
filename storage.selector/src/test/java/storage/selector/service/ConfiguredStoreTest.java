package storage.selector.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import storage.api.LayerHolds;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.Verdict.Outcome;
import storage.selector.Happening;
import storage.selector.fake.FakeDriver;
import storage.selector.swap.MovableStore;
import storage.selector.swap.Mover;

/** What becomes of a published store when drivers come and go and when its configuration changes. */
@Timeout(120)
@SuppressWarnings("InputStreamSlowMultibyteRead")
class ConfiguredStoreTest {
    private static final LayerId BOX = new LayerId("box");
    private static final String SELF = "process " + ProcessHandle.current().pid();

    @TempDir
    Path root;

    private final SelectorComponent selector = new SelectorComponent(storage.linux.Linux.syscalls());
    private final FakeFramework framework = new FakeFramework();
    private final FakeDriver overlay2 = new FakeDriver("overlay2");
    private final FakeDriver vfs = new FakeDriver("vfs");
    private final Map<String, Object> overlay2Properties = overlay2.properties(600, 1);
    private final Map<String, Object> vfsProperties = vfs.properties(100, 2);
    private ConfiguredStore configured;

    @BeforeEach
    void folders() throws Exception {
        for (var name : List.of("overlay2", "vfs", "best")) {
            Files.createDirectories(root.resolve("storage").resolve(name));
        }
    }

    @AfterEach
    void end() {
        if (configured != null) {
            configured.stop();
            assertThat(framework.services).as("nothing stays registered").isEmpty();
        }
    }

    private StoreConfiguration configuration(Object... more) {
        var values = new HashMap<String, Object>(Map.of("root", root.toString(), "storage_name", "one"));
        for (var i = 0; i < more.length; i += 2) {
            values.put((String) more[i], more[i + 1]);
        }
        return (StoreConfiguration) Proxy.newProxyInstance(
                StoreConfiguration.class.getClassLoader(),
                new Class<?>[] {StoreConfiguration.class},
                (proxy, method, arguments) -> values.getOrDefault(method.getName(), method.getDefaultValue()));
    }

    private void start(Object... more) {
        configured = new ConfiguredStore(selector, framework.context, configuration(more));
    }

    private List<Happening.Kind> happened() {
        return selector.happenings().stream().map(Happening::kind).toList();
    }

    private Happening last() {
        var all = selector.happenings();
        return all.get(all.size() - 1);
    }

    private String driver() {
        return (String) framework.stores().get(0).properties.get("storage.driver.name");
    }

    @Test
    void aDriverThatGoesAndComesBackIsNoticedByNobody() throws Exception {
        selector.bindDriver(overlay2, overlay2Properties);
        overlay2.layers.add(BOX);
        start();
        var service = framework.store();
        var mount = service.mount(BOX);
        service.ability(LayerHolds.class).orElseThrow().hold(BOX, "cli", "");

        selector.unbindDriver(overlay2, overlay2Properties);

        assertThat(overlay2.last().closed).as("closed when the driver is gone").isEqualTo(1);
        assertThat(overlay2.mounted).contains(BOX);
        assertThat(framework.store()).isSameAs(service);
        assertThat(framework.conditions()).containsExactly("storage.ready", "storage.swapping");
        var pool = Executors.newSingleThreadExecutor();
        try {
            var call = pool.submit(service::layers);
            selector.bindDriver(overlay2, overlay2Properties);
            assertThat(call.get()).hasSize(1);
        } finally {
            pool.shutdown();
        }

        assertThat(framework.conditions()).containsExactly("storage.ready");
        assertThat(framework.store()).isSameAs(service);
        assertThat(overlay2.stores).hasSize(2);
        assertThat(service.ability(LayerHolds.class).orElseThrow().holds())
                .containsExactly(new Hold(BOX, "cli", 1), new Hold(BOX, SELF, 1));
        mount.close();
        assertThat(overlay2.mounted).contains(BOX);
        service.ability(LayerHolds.class).orElseThrow().release(BOX, "cli");
        assertThat(overlay2.mounted).isEmpty();
        assertThat(happened())
                .containsExactly(Happening.Kind.SELECTED, Happening.Kind.SWAPPING, Happening.Kind.SWAPPED);
    }

    /** The one second is how long the store waits; that it has passed is told by the service going. */
    @Test
    void aDriverThatDoesNotComeBackInTimeTakesTheServiceAlong() throws Exception {
        selector.bindDriver(overlay2, overlay2Properties);
        overlay2.layers.add(BOX);
        var gone = new CountDownLatch(1);
        start("swapSeconds", 1);
        var service = framework.store();
        var mount = service.mount(BOX);
        framework.heard = what -> {
            if (what.equals("+storage.withdrawn")) {
                gone.countDown();
            }
        };

        selector.unbindDriver(overlay2, overlay2Properties);
        assertThatThrownBy(service::layers).isInstanceOf(StorageException.class).hasMessageContaining("overlay2");
        gone.await();

        assertThat(framework.stores()).isEmpty();
        assertThat(framework.conditions()).containsExactly("storage.withdrawn");
        assertThat(overlay2.mounted).as("mounts stay").contains(BOX);
        assertThatThrownBy(service::layers)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED))
                .hasMessageContaining("withdrawn after 1 s")
                .hasMessageContaining("'overlay2' was taken away");
        awaitHappened(Happening.Kind.WITHDRAWN);

        selector.bindDriver(overlay2, overlay2Properties);

        assertThat(framework.stores()).hasSize(1);
        assertThat(framework.conditions()).containsExactly("storage.ready");
        assertThat(framework.store().ability(LayerHolds.class).orElseThrow().holds())
                .as("adopted")
                .containsExactly(new Hold(BOX, SELF, 1));
        mount.close();
        assertThat(overlay2.mounted).isEmpty();
    }

    /** It is told right after the condition, by the same thread. */
    private void awaitHappened(Happening.Kind kind) {
        while (!happened().contains(kind)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void withoutTimeToWaitTheServiceGoesAtOnce() {
        selector.bindDriver(overlay2, overlay2Properties);
        start("swapSeconds", 0);
        selector.unbindDriver(overlay2, overlay2Properties);
        assertThat(framework.stores()).isEmpty();
        selector.bindDriver(overlay2, overlay2Properties);
        assertThat(framework.stores()).hasSize(1);
    }

    @Test
    void aFrameworkThatStopsIsNotWaitedFor() throws Exception {
        selector.bindDriver(overlay2, overlay2Properties);
        overlay2.layers.add(BOX);
        start("unmountOnStop", true);
        var service = framework.store();
        service.get(BOX, "");
        framework.state = Bundle.STOPPING;

        selector.unbindDriver(overlay2, overlay2Properties);

        assertThat(framework.stores()).isEmpty();
        assertThatThrownBy(service::layers).hasMessageContaining("was taken away");
        assertThat(overlay2.mounted).as("unmountOnStop").isEmpty();
    }

    @Test
    void anotherVersionOfTheDriverTakesOverWhenTheFirstLeaves() throws Exception {
        var newer = new FakeDriver("overlay2");
        newer.layers.add(BOX);
        overlay2.layers.add(BOX);
        var newerProperties = newer.properties(600, 9);
        selector.bindDriver(overlay2, overlay2Properties);
        start();
        var service = framework.store();
        selector.bindDriver(newer, newerProperties);
        assertThat(newer.stores).as("one is open").isEmpty();
        newer.atOpen = () -> assertThat(overlay2.last().closed).as("never both").isEqualTo(1);

        selector.unbindDriver(overlay2, overlay2Properties);

        assertThat(newer.stores).as("at once").hasSize(1);
        assertThat(framework.store()).isSameAs(service);
        assertThat(service.layers()).hasSize(1);
        assertThat(framework.conditions()).containsExactly("storage.ready");
    }

    @Test
    void aVersionThatComesFirstTakesOverAtOnceOrTheOldOneGoesOn() throws Exception {
        selector.bindDriver(overlay2, overlay2Properties);
        overlay2.layers.add(BOX);
        start();
        var service = framework.store();
        var broken = new FakeDriver("overlay2");
        broken.layers.add(BOX);
        broken.openThrows = StorageException.of(Kind.DAMAGED, "I cannot read this");
        var brokenProperties = broken.properties(700, 8);

        selector.bindDriver(broken, brokenProperties);
        assertThat(overlay2.stores).as("opened again as before").hasSize(2);
        assertThat(service.layers()).hasSize(1);
        selector.bindDriver(vfs, vfsProperties);
        assertThat(overlay2.stores).as("not tried again").hasSize(2);
        selector.unbindDriver(broken, brokenProperties);

        var newer = new FakeDriver("overlay2");
        newer.layers.add(BOX);
        selector.bindDriver(newer, newer.properties(700, 9));
        assertThat(newer.stores).hasSize(1);
        assertThat(framework.store()).isSameAs(service);
    }

    @Test
    void anEmptyStoreMovesToABetterDriverAtOnce() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        start();
        var service = framework.store();

        selector.bindDriver(overlay2, overlay2Properties);

        assertThat(framework.store()).isSameAs(service);
        assertThat(driver()).isEqualTo("overlay2");
        assertThat(service.info().driver()).isEqualTo("overlay2");
        assertThat(root.resolve("storage/active")).hasContent("{\"driver\":\"overlay2\",\"generation\":2}");
        assertThat(vfs.last().closed).isEqualTo(1);
        assertThat(framework.conditions()).containsExactly("storage.ready");
        assertThat(last().kind()).isEqualTo(Happening.Kind.SWAPPED);
    }

    @Test
    void aStoreWithLayersStaysAndSaysSo() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();

        selector.bindDriver(overlay2, overlay2Properties);
        selector.updateDriver(overlay2, overlay2.properties(650, 1));

        assertThat(driver()).isEqualTo("vfs");
        assertThat(framework.conditions()).containsExactly("storage.better-available", "storage.ready");
        assertThat(happened())
                .as("said once")
                .containsExactly(Happening.Kind.SELECTED, Happening.Kind.BETTER_AVAILABLE);
        assertThat(last().text()).contains("'overlay2'").contains("it has layers");
        assertThat(last().advice()).contains("storage migrate --to overlay2");

        selector.unbindDriver(overlay2, overlay2Properties);
        assertThat(framework.conditions()).containsExactly("storage.ready");
    }

    @Test
    void imagesWithoutLayersCountToo() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        start();
        Files.createDirectories(root.resolve("image/vfs/imagedb/content/sha256/0123"));
        selector.bindDriver(overlay2, overlay2Properties);
        assertThat(driver()).isEqualTo("vfs");
    }

    @Test
    void neverMeansNever() {
        selector.bindDriver(vfs, vfsProperties);
        start("moveToBetter", "never");
        selector.bindDriver(overlay2, overlay2Properties);
        assertThat(driver()).isEqualTo("vfs");
        assertThat(last().text()).contains("moveToBetter is never");
    }

    @Test
    void aDriverThatWasNamedOrCannotWorkOrIsWorseChangesNothing() {
        overlay2.cannot(Outcome.NOT_SUPPORTED);
        selector.bindDriver(vfs, vfsProperties);
        start();
        selector.bindDriver(overlay2, overlay2Properties);
        selector.bindDriver(new FakeDriver("worst"), new FakeDriver("worst").properties(1, 7));
        assertThat(driver()).isEqualTo("vfs");
        assertThat(happened()).containsExactly(Happening.Kind.SELECTED);

        configured.modify(configuration("driver", "vfs"));
        selector.bindDriver(new FakeDriver("best"), new FakeDriver("best").properties(900, 8));
        assertThat(driver()).isEqualTo("vfs");
        assertThat(framework.conditions()).containsExactly("storage.ready");
    }

    @Test
    void aBetterDriverThatCannotOpenLeavesTheStoreWhereItIs() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        start();
        var service = framework.store();
        overlay2.openThrows = StorageException.of(Kind.IO, "no luck");
        selector.bindDriver(overlay2, overlay2Properties);

        assertThat(framework.store()).isSameAs(service);
        assertThat(driver()).isEqualTo("vfs");
        assertThat(service.layers()).isEmpty();
        assertThat(last().kind()).isEqualTo(Happening.Kind.BETTER_AVAILABLE);
        assertThat(last().text()).contains("no luck");
    }

    /** A layer is made between the look and the exchange: the store stays. */
    @Test
    void aLayerThatIsMadeMeanwhileKeepsTheStore() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        start();
        framework.heard = what -> {
            if (what.equals("+storage.swapping")) {
                vfs.layers.add(BOX);
            }
        };
        selector.bindDriver(overlay2, overlay2Properties);

        assertThat(driver()).isEqualTo("vfs");
        assertThat(framework.store().layers()).hasSize(1);
        assertThat(overlay2.stores).isEmpty();
    }

    @Test
    void withThePolicyToMigrateAMoverIsAsked() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start("moveToBetter", "migrate");
        selector.bindDriver(overlay2, overlay2Properties);
        assertThat(last().text()).contains("Nothing is there that migrates");

        var asked = new ArrayList<MovableStore>();
        Mover mover = (store, driver, patience) -> asked.add(store);
        selector.bindMover(mover);
        selector.unbindDriver(overlay2, overlay2Properties);
        selector.bindDriver(overlay2, overlay2Properties);
        assertThat(asked).hasSize(1);

        var movable = asked.get(0);
        assertThat(movable.store()).isSameAs(framework.store());
        movable.moveTo("overlay2", Duration.ofSeconds(50), () -> {
            assertThat(vfs.last().closed).as("nobody has it open").isEqualTo(1);
            overlay2.layers.add(BOX);
            vfs.layers.clear();
        });
        assertThat(driver()).isEqualTo("overlay2");
        assertThat(framework.store().layers()).hasSize(1);
        selector.unbindMover(mover);
    }

    @Test
    void aMoveThatFailsLeavesTheStoreAsItWas() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();
        var movable = (MovableStore) framework.services.stream()
                .filter(each -> each.type.equals(MovableStore.class.getName()))
                .findFirst()
                .orElseThrow()
                .service;

        assertThatThrownBy(() -> movable.moveTo("overlay2", Duration.ofSeconds(50), () -> {
                    throw new java.io.IOException("the disk");
                }))
                .hasMessageContaining("the disk");

        assertThat(driver()).isEqualTo("vfs");
        assertThat(framework.store().layers()).hasSize(1);
        assertThat(framework.conditions()).containsExactly("storage.ready");
    }

    @Test
    void changedOptionsAndTimesTakeEffectUnderTheSameService() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();
        var service = framework.store();
        var mount = service.mount(BOX);

        configured.modify(configuration("drainSeconds", 1, "swapSeconds", 2));
        assertThat(vfs.stores).as("nothing needed opening").hasSize(1);
        configured.modify(configuration("options", new String[] {"archive.max_bytes=1g"}));

        assertThat(framework.store()).isSameAs(service);
        assertThat(vfs.homes.get(1).options()).isEqualTo(Map.of("archive.max_bytes", "1g"));
        mount.close();
        assertThat(vfs.mounted).isEmpty();
    }

    @Test
    void aChangeThatCannotBeIsRefusedAndTheStoreGoesOn() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        selector.bindDriver(overlay2, overlay2Properties);
        vfs.layers.add(BOX);
        start("driver", "vfs");
        var service = framework.store();

        configured.modify(configuration("driver", "overlay2"));
        assertThat(last().kind()).isEqualTo(Happening.Kind.REFUSED);
        assertThat(last().text()).contains("vfs (1 layer)");
        configured.modify(configuration("driver", "vfs", "access", "APPEND"));
        assertThat(last().text()).contains("APPEND");
        vfs.atOpen = () -> {
            vfs.atOpen = () -> {};
            throw new IllegalStateException("these options are wrong");
        };
        configured.modify(configuration("driver", "vfs", "options", new String[] {"x=y"}));
        assertThat(last().text()).contains("these options are wrong");

        assertThat(framework.store()).isSameAs(service);
        assertThat(service.layers()).hasSize(1);
        assertThat(vfs.homes.get(vfs.homes.size() - 1).options()).isEmpty();
        assertThat(selector.openings())
                .anySatisfy(opening -> assertThat(opening.problem())
                        .hasValueSatisfying(problem -> assertThat(problem).contains("these options are wrong")));
    }

    @Test
    void anotherDriverForAnEmptyStoreIsTaken() {
        selector.bindDriver(vfs, vfsProperties);
        selector.bindDriver(overlay2, overlay2Properties);
        start("driver", "vfs");
        var service = framework.store();
        configured.modify(configuration("driver", "overlay2"));
        assertThat(driver()).isEqualTo("overlay2");
        assertThat(framework.store()).isSameAs(service);
    }

    @Test
    void anotherRootIsAnotherStore() throws Exception {
        Files.createDirectories(root.resolve("b/storage/vfs"));
        selector.bindDriver(vfs, vfsProperties);
        start();
        var service = framework.store();
        configured.modify(configuration("root", root.resolve("b").toString()));
        assertThat(framework.store()).isNotSameAs(service);
        assertThatThrownBy(service::layers).hasMessageContaining("configuration was changed");
    }

    /** As it is when the selector's own bundle is updated: the next object takes over what this process holds. */
    @Test
    void holdsOutliveTheSelector() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();
        framework.store().get(BOX, "");
        framework.store().get(BOX, "");
        framework.store().ability(LayerHolds.class).orElseThrow().hold(BOX, "cli", "");
        configured.stop();

        start();
        var holds = framework.store().ability(LayerHolds.class).orElseThrow();
        assertThat(holds.holds()).containsExactly(new Hold(BOX, "cli", 1), new Hold(BOX, SELF, 2));
        framework.store().put(BOX);
        framework.store().put(BOX);
        assertThat(vfs.mounted).contains(BOX);
        holds.release(BOX, "cli");
        assertThat(vfs.mounted).isEmpty();
    }

    /** The driver's bundle is stopped by a call in the store: that call is ended, and the exchange is done without it. */
    @Test
    void aDriverTakenAwayFromInsideACall() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();
        var service = framework.store();
        vfs.last().filling = InputStream::readAllBytes;
        var done = new CountDownLatch(1);
        framework.heard = what -> {
            if (what.equals("-storage.swapping")) {
                done.countDown();
            }
        };

        assertThatThrownBy(() -> service.applyDiff(BOX, new InputStream() {
                    @Override
                    public int read() {
                        selector.unbindDriver(vfs, vfsProperties);
                        selector.bindDriver(vfs, vfsProperties);
                        assertThat(vfs.stores).as("never both").hasSize(1);
                        return 0;
                    }

                    @Override
                    public int read(byte[] bytes, int offset, int length) {
                        return read();
                    }
                }))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("The stream was ended");

        done.await();
        assertThat(vfs.stores).hasSize(2);
        assertThat(vfs.stores.get(0).closed).isEqualTo(1);
        assertThat(service.layers()).hasSize(1);
    }

    /** While it is swapping, the store fails to open for a while: calls wait on, and go on when it works. */
    @Test
    void anOpeningThatFailsIsTriedAgainWhenDriversChange() throws Exception {
        selector.bindDriver(vfs, vfsProperties);
        vfs.layers.add(BOX);
        start();
        var service = framework.store();
        selector.unbindDriver(vfs, vfsProperties);
        vfs.openThrows = StorageException.of(Kind.IO, "not yet");
        selector.bindDriver(vfs, vfsProperties);
        assertThat(framework.conditions()).contains("storage.swapping");

        vfs.openThrows = null;
        selector.bindDriver(overlay2, overlay2Properties);

        assertThat(framework.conditions()).doesNotContain("storage.swapping");
        assertThat(service.layers()).hasSize(1);
    }

    @Test
    void lowSpaceIsToldOnce() {
        var told = new ArrayList<Long>();
        var watch = new SpaceWatch(root, low -> told.add(low.orElse(-1)));
        watch.look(5, 60, 1000);
        watch.look(5, 40, 1000);
        watch.look(5, 30, 1000);
        watch.look(5, 60, 1000);
        watch.look(0, 1, 1000);
        assertThat(told).containsExactly(40L, -1L);
    }
}
