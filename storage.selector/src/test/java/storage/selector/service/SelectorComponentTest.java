package storage.selector.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.IdMaps;
import storage.api.LayerHolds;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.api.driver.Verdict.Outcome;
import storage.selector.Opening;
import storage.selector.Selection.Candidate;
import storage.selector.StoreRequest;
import storage.selector.choice.Offer;
import storage.selector.fake.FakeDriver;
import storage.selector.state.BootId;

/** The service as the component runtime would use it. */
class SelectorComponentTest {
    private static final LayerId BOX = new LayerId("box");

    @TempDir
    Path root;

    private final SelectorComponent selector = new SelectorComponent(storage.linux.Linux.syscalls());
    private final FakeDriver overlay2 = new FakeDriver("overlay2");
    private final FakeDriver vfs = new FakeDriver("vfs");
    private final Map<String, Object> overlay2Properties = overlay2.properties(600, 1);
    private final Map<String, Object> vfsProperties = vfs.properties(100, 2);

    private void bindBoth() {
        selector.bindDriver(vfs, vfsProperties);
        selector.bindDriver(overlay2, overlay2Properties);
    }

    private StoreRequest request(String driver, Access access, boolean newStore) {
        return new StoreRequest(root, Optional.ofNullable(driver), Map.of(), IdMaps.IDENTITY, access, newStore);
    }

    private Path active() {
        return root.resolve("storage/active");
    }

    @Test
    void theChoiceIsRecordedAndStays() throws IOException {
        selector.bindDriver(vfs, vfsProperties);
        selector.open(StoreRequest.at(root)).close();
        assertThat(active()).hasContent("{\"driver\":\"vfs\",\"generation\":1}");

        selector.bindDriver(overlay2, overlay2Properties);
        var store = selector.open(StoreRequest.at(root));

        assertThat(store.info().driver()).isEqualTo("vfs");
        assertThat(active()).hasContent("{\"driver\":\"vfs\",\"generation\":1}");
    }

    @Test
    void aNewStoreIsTheNextGeneration() throws IOException {
        bindBoth();
        overlay2.layers.add(BOX);
        selector.open(StoreRequest.at(root)).close();

        assertThatThrownBy(() -> selector.open(request("vfs", Access.WRITE, false)))
                .hasMessageContaining("overlay2 (1 layer)")
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.advice()).contains("'storage migrate --to vfs'"));
        assertThat(vfs.stores).isEmpty();
        selector.open(request("vfs", Access.WRITE, true)).close();

        assertThat(active()).hasContent("{\"driver\":\"vfs\",\"generation\":2}");
    }

    @Test
    void readingRecordsNothing() throws IOException {
        bindBoth();
        selector.open(request(null, Access.READ, false)).close();
        selector.select(StoreRequest.at(root));

        try (var files = Files.list(root)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void anOpeningThatFailsRecordsNothing() {
        bindBoth();
        overlay2.openThrows = StorageException.of(Kind.LOCKED, "taken by process 1", "wait");

        assertThatThrownBy(() -> selector.open(StoreRequest.at(root)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED));

        assertThat(active()).doesNotExist();
        assertThat(vfs.stores).as("never another driver instead").isEmpty();
        assertThat(selector.openings()).singleElement().satisfies(opening -> {
            assertThat(opening.problem()).contains("taken by process 1");
            assertThat(opening.advice()).isEqualTo("wait");
            assertThat(opening.root()).contains(root);
            assertThat(opening.selection().orElseThrow().chosen()).contains("overlay2");
        });
    }

    @Test
    void aDriverThatFallsOverIsAFailureLikeAnyOther() {
        overlay2.atOpen = () -> {
            throw new IllegalStateException("boom");
        };
        selector.bindDriver(overlay2, overlay2Properties);

        assertThatThrownBy(() -> selector.open(StoreRequest.at(root)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.IO))
                .hasMessageContaining("'overlay2'")
                .hasMessageContaining("boom");
        assertThat(selector.openings()).hasSize(1);
    }

    @Test
    void aRecordThatCannotBeWrittenClosesTheStore() throws IOException {
        bindBoth();
        Files.writeString(root.resolve("storage"), "in the way");

        assertThatThrownBy(() -> selector.open(StoreRequest.at(root))).isInstanceOf(StorageException.class);

        assertThat(overlay2.stores).allSatisfy(store -> assertThat(store.closed).isPositive());
    }

    /** Another process opened the same empty root with another driver, between our choice and our record. */
    @Test
    void whoeverRecordsFirstDecides() throws IOException {
        bindBoth();
        overlay2.atOpen = () -> {
            try {
                Files.createDirectories(active().getParent());
                Files.createDirectories(root.resolve("storage/vfs"));
                Files.writeString(active(), "{\"driver\":\"vfs\",\"generation\":1}");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };

        var store = selector.open(StoreRequest.at(root));

        assertThat(store.info().driver()).isEqualTo("vfs");
        assertThat(overlay2.last().closed).isEqualTo(1);
    }

    @Test
    void aDriverThatLeavesClosesItsStoresAndNoOthers() throws IOException {
        bindBoth();
        Files.createDirectories(root.resolve("a/storage/overlay2"));
        Files.createDirectories(root.resolve("b/storage/vfs"));
        overlay2.layers.add(BOX);
        var one = selector.open(StoreRequest.at(root.resolve("a")));
        var two = selector.open(
                new StoreRequest(root.resolve("b"), Optional.of("vfs"), Map.of(), IdMaps.IDENTITY, Access.WRITE, true));
        one.ability(LayerHolds.class).orElseThrow().hold(BOX, "cli", "");

        selector.unbindDriver(overlay2, overlay2Properties);

        assertThatThrownBy(one::layers)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED))
                .hasMessageContaining("'overlay2' was taken away");
        assertThat(overlay2.last().closed).isEqualTo(1);
        assertThat(overlay2.mounted).as("mounts stay").containsExactly(BOX);
        assertThat(two.layers()).isEmpty();
        assertThatThrownBy(() -> selector.open(StoreRequest.at(root.resolve("a"))))
                .hasMessageContaining("not installed");

        selector.bindDriver(overlay2, overlay2Properties);
        var again = selector.open(StoreRequest.at(root.resolve("a")));
        assertThat(again.ability(LayerHolds.class).orElseThrow().holds())
                .containsExactly(new LayerHolds.Hold(BOX, "cli", 1));
    }

    /** The driver goes between the look-up and the end of its opening: the store must not stay open unwatched. */
    @Test
    void aDriverThatLeavesWhileItOpensLeavesNoStore() {
        selector.bindDriver(overlay2, overlay2Properties);
        overlay2.atOpen = () -> selector.unbindDriver(overlay2, overlay2Properties);

        assertThatThrownBy(() -> selector.open(StoreRequest.at(root)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLOSED));

        assertThat(overlay2.last().closed).isPositive();
    }

    @Test
    void aStoppedSelectorClosesEverything() throws IOException {
        bindBoth();
        Files.createDirectories(root.resolve("storage/overlay2"));
        var store = selector.open(StoreRequest.at(root));

        selector.deactivate();

        assertThat(overlay2.last().closed).isEqualTo(1);
        assertThatThrownBy(store::layers).hasMessageContaining("selector was stopped");
    }

    @Test
    void priorityMayChange() {
        bindBoth();
        assertThat(selector.select(StoreRequest.at(root)).chosen()).contains("overlay2");

        selector.updateDriver(vfs, vfs.properties(900, 2));

        assertThat(selector.select(StoreRequest.at(root)).chosen()).contains("vfs");
        assertThat(selector.select(StoreRequest.at(root)).candidates())
                .extracting(Candidate::driver)
                .containsExactly("vfs", "overlay2");
        selector.unbindDriver(vfs, vfs.properties(900, 2));
        assertThat(selector.select(StoreRequest.at(root)).candidates()).hasSize(1);
    }

    @Test
    void watchersHearFirstOfADriverThatLeavesThenOfTheChange() {
        var heard = new ArrayList<String>();
        selector.watch(new Stores.Watcher() {
            @Override
            public void driverLeaving(Offer offer) {
                heard.add("leaving " + offer.name());
            }

            @Override
            public void driverLeft(Offer offer) {
                heard.add("left " + offer.name());
            }

            @Override
            public void driversChanged() {
                heard.add("changed");
            }
        });
        bindBoth();
        selector.unbindDriver(vfs, vfsProperties);

        assertThat(heard).containsExactly("changed", "changed", "leaving vfs", "left vfs", "changed");
    }

    @Test
    void openingsAreKeptToABound() {
        overlay2.cannot(Outcome.NOT_SUPPORTED);
        selector.bindDriver(overlay2, overlay2Properties);
        for (var i = 0; i < 250; i++) {
            assertThatThrownBy(() -> selector.open(StoreRequest.at(root))).isInstanceOf(StorageException.class);
        }

        assertThat(selector.openings())
                .hasSize(100)
                .extracting(Opening::problem)
                .allSatisfy(problem -> assertThat(problem).isPresent());
    }

    @Test
    void damagedHoldersLeaveTheStoreUsable() throws IOException {
        bindBoth();
        overlay2.layers.add(BOX);
        Files.createDirectories(root.resolve("storage/overlay2"));
        var file = "holders-" + BootId.current() + ".json";
        Files.writeString(root.resolve("storage/overlay2").resolve(file), "{\"holds\":");

        var holds =
                selector.open(StoreRequest.at(root)).ability(LayerHolds.class).orElseThrow();

        holds.hold(BOX, "cli", "");
        assertThat(holds.holds()).hasSize(1);
        assertThat(root.resolve("storage/quarantine/overlay2-" + file)).hasContent("{\"holds\":");
    }

    @Test
    void withoutDriversEverythingIsExplained() {
        var selection = selector.select(StoreRequest.at(root));

        assertThat(selection.chosen()).isEmpty();
        assertThat(selection.candidates()).isEqualTo(List.of());
        assertThat(selection.advice()).isNotEmpty();
        assertThatThrownBy(() -> selector.open(StoreRequest.at(root))).hasMessage(selection.reason());
    }
}
