package storage.selector.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.api.driver.Verdict.Outcome;
import storage.selector.Selection.Candidate;
import storage.selector.StoreRequest;
import storage.selector.fake.FakeDriver;

/** The reasoning over real folders and drivers that are fakes. */
class ChoiceTest {
    @TempDir
    Path root;

    private final List<Offer> offers = new ArrayList<>();

    private FakeDriver offer(FakeDriver driver, int priority) {
        offers.add(Offer.of(driver, driver.properties(priority, offers.size() + 1L)));
        return driver;
    }

    private Choice choose(StoreRequest request) {
        return Choice.make(offers, request, true);
    }

    private StoreRequest named(String driver) {
        return new StoreRequest(root, Optional.of(driver), Map.of(), IdMaps.IDENTITY, Access.WRITE, false);
    }

    private void file(String path, String content) throws IOException {
        var file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void offersAreTriedByPriorityThenRankingThenAge() {
        var driver = new FakeDriver("x");
        var low = new Offer(driver, "low", 1, 9, 1);
        var young = new Offer(driver, "young", 5, 0, 4);
        var old = new Offer(driver, "old", 5, 0, 3);
        var ranked = new Offer(driver, "ranked", 5, 1, 5);
        var high = new Offer(driver, "high", 6, 0, 6);

        assertThat(List.of(low, young, old, ranked, high).stream().sorted())
                .containsExactly(high, ranked, old, young, low);
    }

    @Test
    void propertiesThatAreMissingOrOddHaveDefaults() {
        var offer = Offer.of(new FakeDriver("mine"), Map.of("priority", "many", "service.ranking", 3L));

        assertThat(offer.name()).isEqualTo("mine");
        assertThat(offer.priority()).isZero();
        assertThat(offer.ranking()).isEqualTo(3);
    }

    @Test
    void everyDriverIsListedInOrderWithVerdictAndLayers() {
        offer(new FakeDriver("vfs", "a", "b"), 100);
        offer(new FakeDriver("btrfs").cannot(Outcome.INCOMPATIBLE_FILESYSTEM), 700);
        offer(new FakeDriver("overlay2"), 600);

        var selection = choose(StoreRequest.at(root)).selection();

        assertThat(selection.chosen()).contains("vfs");
        assertThat(selection.candidates()).extracting(Candidate::driver).containsExactly("btrfs", "overlay2", "vfs");
        assertThat(selection.candidates()).extracting(Candidate::priority).containsExactly(700, 600, 100);
        assertThat(selection.candidates()).extracting(Candidate::layers).containsExactly(0, 0, 2);
        assertThat(selection.candidates().get(0).verdict().outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
    }

    @Test
    void anOpeningJudgesOnlyWhatItNeeds() {
        var btrfs = offer(new FakeDriver("btrfs"), 700);
        offer(new FakeDriver("vfs"), 100);

        var choice = Choice.make(offers, named("vfs"), false);

        assertThat(btrfs.checks).isEmpty();
        assertThat(choice.selection().candidates())
                .extracting(Candidate::driver)
                .containsExactly("vfs");
    }

    @Test
    void optionsIdMapsAndAccessReachTheCheck() {
        var vfs = offer(new FakeDriver("vfs"), 100);
        var maps = new IdMaps(List.of(new IdMaps.Range(0, 1000, 10)), List.of());

        choose(new StoreRequest(root, Optional.empty(), Map.of("k", "v"), maps, Access.READ, false));

        assertThat(vfs.checks).singleElement().satisfies(home -> {
            assertThat(home.root()).isEqualTo(root);
            assertThat(home.options()).containsExactly(Map.entry("k", "v"));
            assertThat(home.idMaps()).isEqualTo(maps);
            assertThat(home.access()).isEqualTo(Access.READ);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"devmapper", "devicemapper"})
    void devmapperHasTwoNames(String name) {
        var devmapper = offer(new FakeDriver("devmapper"), 300);
        devmapper.home = "devicemapper";
        offer(new FakeDriver("vfs"), 400);

        assertThat(choose(named(name)).selection().chosen()).contains("devmapper");
    }

    @Test
    void theRecordMayUseTheEnginesName() throws IOException {
        offer(new FakeDriver("devmapper"), 300);
        offer(new FakeDriver("vfs"), 400);
        file("storage/active", "{\"driver\":\"devicemapper\",\"generation\":2}");

        assertThat(choose(StoreRequest.at(root)).selection().chosen()).contains("devmapper");
    }

    @Test
    void ofTwoServicesWithOneNameTheFirstCounts() {
        var old = offer(new FakeDriver("vfs"), 100);
        var better = offer(new FakeDriver("vfs"), 200);

        assertThat(choose(StoreRequest.at(root)).offer().orElseThrow().driver()).isSameAs(better);
        assertThat(old.checks).isEmpty();
    }

    /** What lies below a home whose driver is missing is told by names alone. */
    @ParameterizedTest
    @CsvSource({
        "overlay, overlay/LAYER/root",
        "overlay2, overlay2/LAYER/diff",
        "aufs, aufs/layers/LAYER",
        "btrfs, btrfs/subvolumes/LAYER/etc",
        "devmapper, devicemapper/metadata/LAYER",
        "vfs, vfs/dir/LAYER/etc",
        "loopback, loopback/LAYER/image"
    })
    void layersOfAMissingDriverAreSeen(String driver, String path) throws IOException {
        offer(new FakeDriver("other"), 100);
        file(path.replace("LAYER", "one"), "");
        file(path.replace("LAYER", "two"), "");

        var choice = choose(StoreRequest.at(root));

        assertThat(choice.selection().chosen()).isEmpty();
        assertThat(choice.selection().reason())
                .contains("'" + driver + "' holds 2 layers")
                .contains("not installed");
        assertThat(choice.selection().notes()).singleElement().asString().contains(driver);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "overlay2/l/ABC",
                "devicemapper/metadata/base",
                "devicemapper/metadata/deviceset-metadata",
                "devicemapper/metadata/transaction-metadata",
                "devicemapper/metadata/.tmp1",
                "devicemapper/metadata/x.migrated",
                "aufs/diff/x",
                "vfs/x"
            })
    void whatAnOpeningMakesIsNoLayer(String path) throws IOException {
        offer(new FakeDriver("other"), 100);
        file(path, "");

        assertThat(choose(StoreRequest.at(root)).selection().chosen()).contains("other");
    }

    @Test
    void aHomeThatIsAFileHoldsNothing() throws IOException {
        offer(new FakeDriver("other"), 100);
        file("btrfs", "");

        assertThat(choose(StoreRequest.at(root)).selection().chosen()).contains("other");
    }

    @Test
    void aKeptSourceIsMarkedBelowStorage() throws IOException {
        offer(new FakeDriver("btrfs"), 700);
        offer(new FakeDriver("overlay2", "a"), 600);
        file("storage/overlay2/kept", "");

        var selection = choose(StoreRequest.at(root)).selection();

        assertThat(selection.chosen()).contains("btrfs");
        assertThat(selection.notes())
                .singleElement()
                .asString()
                .contains("'overlay2'")
                .contains("migration");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"driver\":\"vf", "[]", "null", "{}", "{\"driver\":\"\"}", "vfs"})
    void aDamagedRecordIsNotedAndTheLayersDecide(String content) throws IOException {
        offer(new FakeDriver("btrfs"), 700);
        offer(new FakeDriver("vfs", "a"), 100);
        file("storage/active", content);

        var selection = choose(StoreRequest.at(root)).selection();

        assertThat(selection.chosen()).contains("vfs");
        assertThat(selection.notes()).first().asString().contains("storage/active");
        assertThat(root.resolve("storage/active")).hasContent(content);
    }

    @Test
    void aCheckThatThrowsIsAVerdict() {
        offer(new FakeDriver("broken"), 700).checkThrows = new IllegalStateException("boom");
        offer(new FakeDriver("silent"), 600).verdict = null;
        offer(new FakeDriver("vfs", "a"), 100);

        var selection = choose(StoreRequest.at(root)).selection();

        assertThat(selection.chosen()).contains("vfs");
        assertThat(selection.candidates())
                .extracting(candidate -> candidate.verdict().outcome())
                .containsExactly(Outcome.FAILED, Outcome.FAILED, Outcome.SUPPORTED);
        assertThat(selection.candidates().get(0).verdict().reason()).contains("boom");
    }

    @Test
    void aHomeThatCannotBeListedIsNotTakenForEmpty() {
        offer(new FakeDriver("overlay2"), 600).layersThrow =
                StorageException.of(Kind.PERMISSION, "No entry", "Be root");
        offer(new FakeDriver("vfs"), 100);

        var choice = choose(StoreRequest.at(root));

        assertThat(choice.failure()).hasValueSatisfying(failure -> {
            assertThat(failure.kind()).isEqualTo(Kind.PERMISSION);
            assertThat(failure).hasMessageContaining("No entry");
            assertThat(failure.advice()).isEqualTo("Be root");
        });
        assertThat(choice.selection().candidates().get(0).layers()).isEqualTo(-1);
    }

    @Test
    void aFrameworkWithoutDriversSaysSo() {
        var choice = choose(StoreRequest.at(root));

        assertThat(choice.selection().chosen()).isEmpty();
        assertThat(choice.selection().reason()).contains("No storage driver is installed");
        assertThat(choice.selection().advice()).contains("Install");
    }

    @Test
    void choosingTouchesNothing() throws IOException {
        offer(new FakeDriver("vfs"), 100);

        choose(StoreRequest.at(root.resolve("not/there")));

        try (var files = Files.list(root)) {
            assertThat(files).isEmpty();
        }
    }
}
