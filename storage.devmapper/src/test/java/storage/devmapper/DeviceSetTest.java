package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/** Transactions, numbers and records on a pool in memory: what is left after each step at which a process may end. */
class DeviceSetTest {
    private static final String POOL = "pool";
    private static final long SIZE = 1 << 20;

    /** Stands for the end of the process. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** A piece of work on a set. */
    @FunctionalInterface
    private interface Work {
        void on(DeviceSet set) throws IOException;
    }

    @TempDir
    Path home;

    private final FakeMapper mapper = new FakeMapper(POOL);
    private SetFiles files;
    private int dieAt;
    private Map<String, String> atDeath = Map.of();

    @BeforeEach
    void layOut() throws IOException {
        Files.createDirectories(home.resolve("metadata"));
        Files.createDirectories(home.resolve("devicemapper"));
        files = new SetFiles(home);
    }

    private DeviceSet open(Map<String, String> options) throws IOException {
        var pool = new ThinPool(mapper, POOL);
        var devices = new ThinDevices(mapper, pool, "docker-1:2-3", false);
        var set = new DeviceSet(files, pool, devices, DevmapperOptions.parse(options), this::reached);
        set.start();
        return set;
    }

    private DeviceSet open() throws IOException {
        return open(Map.of());
    }

    private void reached(String step) {
        if (dieAt > 0 && --dieAt == 0) {
            mapper.dead = true;
            atDeath = contents();
            throw new Death();
        }
    }

    /** Takes back what was still done to the files: a dead process undoes nothing. */
    private void live() throws IOException {
        dieAt = 0;
        if (mapper.dead) {
            mapper.dead = false;
            for (var file : contents().keySet()) {
                Files.delete(files.folder().resolve(file));
            }
            for (var file : atDeath.entrySet()) {
                Files.writeString(files.folder().resolve(file.getKey()), file.getValue());
            }
        }
    }

    private Map<String, String> contents() {
        var contents = new HashMap<String, String>();
        try (var names = Files.newDirectoryStream(files.folder())) {
            for (var file : names) {
                contents.put(file.getFileName().toString(), Files.readString(file));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return contents;
    }

    private static StorageException refused(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var refusal = (StorageException) catchThrowable(call);
        assertThat(refusal).isNotNull();
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(kind);
        assertThat(refusal.advice()).isNotBlank();
        return refusal;
    }

    /** What the records say the pool has, and what it has. */
    private void assertConsistent(DeviceSet set) throws IOException {
        var numbers = new HashMap<Integer, String>();
        for (var layer : files.layers()) {
            var record = files.device(layer).orElseThrow();
            assertThat(numbers.put(record.deviceId(), layer))
                    .as("number used twice")
                    .isNull();
        }
        assertThat(mapper.devices).isEqualTo(new HashSet<>(numbers.keySet()));
        assertThat(set.layers()).isEqualTo(Set.copyOf(files.layers()));
    }

    @Test
    void devicesGetNumbersOfTheirOwnAndTheEnginesRecords() throws Exception {
        var set = open();
        set.addBase(SIZE);
        set.addSnapshot("a", "", SIZE);
        assertThat(files.folder().resolve("a"))
                .hasContent("{\"device_id\":2,\"size\":1048576,\"transaction_id\":2,\"initialized\":false,"
                        + "\"deleted\":false}");
        assertThat(files.folder().resolve("base")).exists();
        assertThat(files.folder().resolve("transaction-metadata"))
                .hasContent("{\"open_transaction_id\":2,\"device_hash\":\"a\",\"device_id\":2}");
        assertThat(mapper.transaction).isEqualTo(2);
        assertConsistent(set);
        assertThat(set.delete("a")).isTrue();
        assertConsistent(set);
        assertThat(set.addSnapshot("b", "", SIZE).deviceId())
                .as("not the one just freed")
                .isEqualTo(3);
    }

    @Test
    void whateverStepAProcessDiesAtNothingIsLostAndNothingIsLeft() throws Exception {
        dieAtEachStep(set -> set.addSnapshot("a", "", SIZE));
        dieAtEachStep(set -> set.delete("old"));
        dieAtEachStep(set -> set.update("old", set.get("old").withSize(2 * SIZE)));
    }

    private void dieAtEachStep(Work work) throws IOException {
        var steps = 0;
        for (var n = 1; n < 20; n++) {
            var set = open();
            if (set.find("").isEmpty()) {
                set.addBase(SIZE);
            }
            if (set.find("old").isEmpty()) {
                set.addSnapshot("old", "", SIZE);
            }
            dieAt = n;
            var died = false;
            try {
                work.on(set);
            } catch (Death e) {
                died = true;
            }
            live();
            var next = open();
            assertConsistent(next);
            assertThat(next.layers()).contains("");
            next.addSnapshot("after", "", SIZE);
            next.delete("after");
            next.delete("a");
            assertConsistent(next);
            if (!died) {
                steps = n;
                break;
            }
        }
        assertThat(steps).isGreaterThan(1);
    }

    @Test
    void undoingMayBeCutOffToo() throws Exception {
        var set = open();
        set.addBase(SIZE);
        dieAt = 2;
        assertThat(catchThrowable(() -> set.addSnapshot("a", "", SIZE))).isInstanceOf(Death.class);
        live();
        dieAt = 1;
        assertThat(catchThrowable(this::open)).isInstanceOf(Death.class);
        live();
        assertConsistent(open());
    }

    @Test
    void poolThatIsAheadStopsTheStartAndNothingIsTouched() throws Exception {
        var set = open();
        set.addBase(SIZE);
        mapper.transaction = 7;
        var refusal = refused(Kind.DAMAGED, this::open);
        assertThat(refusal.getMessage()).contains("7 transactions").contains("knows of 1");
        assertThat(mapper.devices).hasSize(1);
        assertThat(files.folder().resolve("base")).exists();
    }

    /** Else the newest device would be taken for one that was never finished. */
    @Test
    void poolThatIsBehindStopsTheStartAndNothingIsTouched() throws Exception {
        var set = open();
        set.addBase(SIZE);
        set.addSnapshot("low", SetFiles.BASE, SIZE);
        mapper.transaction = 0;
        var refusal = refused(Kind.DAMAGED, this::open);
        assertThat(refusal.getMessage()).contains("0 transactions").contains("knows of 2");
        assertThat(mapper.devices).hasSize(2);
        assertThat(files.folder().resolve("low")).exists();
    }

    @Test
    void numberThatThePoolHasAlreadyIsPassedOver() throws Exception {
        var set = open();
        set.addBase(SIZE);
        mapper.devices.add(2);
        mapper.devices.add(3);
        assertThat(set.addSnapshot("a", "", SIZE).deviceId()).isEqualTo(4);
        assertThat(mapper.devices).contains(2, 3);
    }

    @Test
    void busyDeviceIsDeletedLaterIfThatIsAskedFor() throws Exception {
        var options = Map.of("dm.use_deferred_removal", "true", "dm.use_deferred_deletion", "true");
        var set = open(options);
        set.addBase(SIZE);
        var number = set.addSnapshot("a", "", SIZE).deviceId();
        mapper.busy.add(number);
        assertThat(set.delete("a")).isFalse();
        assertThat(set.layers()).doesNotContain("a");
        assertThat(set.deleted()).containsExactly("a");
        refused(Kind.IN_USE, () -> set.addSnapshot("a", "", SIZE));
        refused(Kind.IN_USE, () -> set.addSnapshot("b", "a", SIZE));
        var next = open(options);
        assertThat(next.deleted()).containsExactly("a");
        assertThat(next.addSnapshot("c", "", SIZE).deviceId()).as("still used").isNotEqualTo(number);
        mapper.busy.clear();
        assertThat(next.delete("a")).isTrue();
        assertConsistent(next);
    }

    @Test
    void busyDeviceStaysWhereNothingIsDeferred() throws Exception {
        var set = open();
        set.addBase(SIZE);
        mapper.busy.add(set.addSnapshot("a", "", SIZE).deviceId());
        assertThat(catchThrowable(() -> set.delete("a"))).hasMessageContaining("EBUSY");
        assertConsistent(set);
        assertConsistent(open());
        assertThat(open().layers()).contains("a");
    }

    @Test
    void fullPoolIsToldBeforeTheKernelStalls() throws Exception {
        var set = open();
        set.addBase(SIZE);
        mapper.dataUsed = 901;
        assertThat(refused(Kind.NO_SPACE, () -> set.addSnapshot("a", "", SIZE)).advice())
                .contains("dm.min_free_space");
        var less = open(Map.of("dm.min_free_space", "5%"));
        less.addSnapshot("a", "", SIZE);
        mapper.mode = "out_of_data_space";
        refused(Kind.NO_SPACE, () -> less.addSnapshot("b", "", SIZE));
    }

    @Test
    void damagedRecordConcernsItsLayerAlone() throws Exception {
        var set = open();
        set.addBase(SIZE);
        set.addSnapshot("a", "", SIZE);
        var number = set.addSnapshot("b", "", SIZE).deviceId();
        Files.writeString(files.folder().resolve("a"), "{\"device_id\":");
        Files.writeString(files.folder().resolve("c"), "{\"device_id\":16777216}");
        var next = open();
        assertThat(next.layers()).contains("a", "b", "c");
        refused(Kind.DAMAGED, () -> next.get("a"));
        refused(Kind.DAMAGED, () -> next.get("c"));
        refused(Kind.DAMAGED, () -> next.addSnapshot("a", "", SIZE));
        refused(Kind.DAMAGED, () -> next.delete("a"));
        assertThat(next.get("b").deviceId()).isEqualTo(number);
    }

    @Test
    void leftoversOfACrashGoAndOldFilesAreTakenOver() throws Exception {
        Files.writeString(files.folder().resolve(".tmp123"), "half");
        Files.writeString(
                home.resolve("devicemapper/json"),
                "{\"Devices\":{\"\":{\"device_id\":1,\"size\":5,\"transaction_id\":1,\"initialized\":true},"
                        + "\"x\":{\"device_id\":2,\"size\":5,\"transaction_id\":2}}}");
        mapper.transaction = 2;
        var set = open();
        assertThat(set.layers()).containsExactlyInAnyOrder("", "x");
        assertThat(files.folder().resolve(".tmp123")).doesNotExist();
        assertThat(home.resolve("devicemapper/json.migrated")).exists();
        assertThat(set.get("").initialized()).isTrue();
    }
}
