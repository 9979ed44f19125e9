package storage.common.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.common.Tree;
import storage.common.tree.Faults;
import storage.linux.PathBytes;

class LayerRecordsTest {
    private static final LayerId BOX = new LayerId("box");
    private static final LayerId PARENT = new LayerId("parent");

    @TempDir
    Path folder;

    private LayerRecords records;

    @BeforeEach
    void open() throws IOException {
        records = LayerRecords.forWriting(Tree.LINUX, folder, RecordOrder.SYNC, false);
    }

    private static LayerRecord record(LayerId parent) {
        var layer = new Layer(BOX, Optional.ofNullable(parent), Layer.Kind.READ_WRITE, Layer.State.COMPLETE);
        return LayerRecord.of(layer, new LayerOptions("a label", Map.of("size", "10G")));
    }

    private LayerRecord read(LayerId id) throws IOException {
        return LayerRecords.forWriting(Tree.LINUX, folder, RecordOrder.SYNC, false)
                .find(id)
                .orElseThrow()
                .record()
                .orElseThrow();
    }

    @Test
    void whatBecomesKnownIsWrittenInPlace() throws IOException {
        records.begin(BOX, LayerState.CREATING, record(PARENT)).close();
        var size = Files.size(folder.resolve("box.creating"));
        assertThat(read(BOX).pristineBefore()).isNull();

        records.complete(BOX, record(PARENT).withPristineBefore(Long.MAX_VALUE));
        assertThat(Files.size(folder.resolve("box.json"))).isEqualTo(size);
        assertThat(read(BOX).pristineBefore()).isEqualTo(Long.MAX_VALUE);
        assertThat(read(BOX).filled()).isFalse();

        records.complete(BOX, record(PARENT).withPristineBefore(7L).asFilled());
        assertThat(Files.size(folder.resolve("box.json"))).isEqualTo(size);
        assertThat(read(BOX).pristineBefore()).isEqualTo(7);
        assertThat(read(BOX).filled()).isTrue();
        assertThat(read(BOX).parent()).isEqualTo("parent");
        assertThat(read(BOX).label()).isEqualTo("a label");
        assertThat(read(BOX).options()).isEqualTo(Map.of("size", "10G"));
    }

    @Test
    void recordIsJsonOnOneLine() throws IOException {
        records.begin(BOX, LayerState.COMPLETE, record(null)).close();
        var text = Files.readString(folder.resolve("box.json"));
        assertThat(text.lines()).hasSize(1);
        assertThat(new ObjectMapper().readTree(text).get("kind").asText()).isEqualTo("READ_WRITE");
    }

    @Test
    void recordOfAnotherFormIsReplaced() throws IOException {
        Files.writeString(folder.resolve("box.json"), "{\"parent\":\"parent\",\"kind\":\"IMAGE\"}");
        open();
        records.complete(BOX, record(PARENT).asFilled());
        assertThat(read(BOX).filled()).isTrue();
        assertThat(read(BOX).parent()).isEqualTo("parent");
    }

    @Test
    void contentIsSyncedOnceAndBeforeTheLayerIsMade() throws IOException {
        var calls = new CopyOnWriteArrayList<String>();
        records = LayerRecords.forWriting(
                Faults.answering(Tree.LINUX, (name, arguments) -> {
                    calls.add(name);
                    return null;
                }),
                folder,
                RecordOrder.SYNC,
                false);
        calls.clear();
        records.begin(BOX, LayerState.CREATING, record(PARENT)).close();
        assertThat(calls).containsSubsequence("pwrite", "fdatasync", "close");
        calls.clear();
        records.complete(BOX, record(PARENT).withPristineBefore(1));
        records.move(BOX, LayerState.REMOVING);
        records.forget(BOX);
        assertThat(calls).doesNotContain("fdatasync", "fsync");
    }

    /** Else a layer in which something was synced would be taken for half-made after a power cut, and removed. */
    @ParameterizedTest
    @CsvSource({
        "NONE, false, false",
        "JOURNAL, false, false",
        "TRANSACTIONS, false, true",
        "SYNC, false, true",
        "JOURNAL, true, true",
        "TRANSACTIONS, true, true",
        "SYNC, true, true"
    })
    void namesAreSyncedOnceBeforeALayerIsHandedOut(RecordOrder order, boolean apart, boolean synced)
            throws IOException {
        var calls = new CopyOnWriteArrayList<String>();
        var made = LayerRecords.forWriting(
                Faults.answering(Tree.LINUX, (name, arguments) -> {
                    calls.add(name);
                    return null;
                }),
                folder,
                order,
                apart);
        for (var turn = 0; turn < 2; turn++) {
            made.begin(BOX, LayerState.CREATING, record(PARENT)).close();
            made.move(BOX, LayerState.COMPLETE);
            calls.clear();
            made.settle(BOX);
            assertThat(calls.contains("fsync")).as("in turn " + turn).isEqualTo(synced);
            calls.clear();
            made.settle(BOX);
            assertThat(calls).as("nothing has changed since").isEmpty();
            // the next of that name is another one
            made.forget(BOX);
        }
    }

    @Test
    void nameThatHasChangedIsSyncedAgain() throws IOException {
        var calls = new CopyOnWriteArrayList<String>();
        var made = LayerRecords.forWriting(
                Faults.answering(Tree.LINUX, (name, arguments) -> {
                    calls.add(name);
                    return null;
                }),
                folder,
                RecordOrder.SYNC,
                false);
        made.begin(BOX, LayerState.COMPLETE, record(PARENT)).close();
        made.settle(BOX);
        made.move(BOX, LayerState.APPLYING);
        made.move(BOX, LayerState.COMPLETE);
        calls.clear();
        made.settle(BOX);
        assertThat(calls).contains("fsync");
    }

    @Test
    void namesThatCannotBeSyncedAreNotTakenForSettled() throws IOException {
        var broken = LayerRecords.forWriting(
                Faults.failing(Tree.LINUX, "fsync", 1, storage.linux.Errno.EIO), folder, RecordOrder.SYNC, false);
        broken.begin(BOX, LayerState.COMPLETE, record(PARENT)).close();
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> broken.settle(BOX)))
                .hasMessageContaining("fsync");
        broken.settle(BOX);
    }

    /** Where attributes reach the disk in order, the content does not have to be waited for. */
    @ParameterizedTest
    @EnumSource(
            value = RecordOrder.class,
            names = {"SYNC"},
            mode = EnumSource.Mode.EXCLUDE)
    void orderThatTheFilesystemKeepsNeedsNoSync(RecordOrder order) throws IOException {
        var calls = new CopyOnWriteArrayList<String>();
        var ordered = LayerRecords.forWriting(
                Faults.answering(Tree.LINUX, (name, arguments) -> {
                    calls.add(name);
                    return name.equals("fsetxattr") ? Integer.valueOf(0) : null;
                }),
                folder,
                order,
                false);
        ordered.begin(BOX, LayerState.CREATING, record(PARENT)).close();
        assertThat(calls).doesNotContain("fdatasync", "fsync");
        assertThat(calls.contains("fsetxattr")).isEqualTo(order != RecordOrder.NONE);
    }

    @Test
    void attributeThatCannotBeWrittenIsMadeUpForByASync() throws IOException {
        var calls = new CopyOnWriteArrayList<String>();
        var ordered = LayerRecords.forWriting(
                Faults.answering(Tree.LINUX, (name, arguments) -> {
                    calls.add(name);
                    return name.equals("fsetxattr") ? Integer.valueOf(-storage.linux.Errno.ENOSPC) : null;
                }),
                folder,
                RecordOrder.JOURNAL,
                false);
        ordered.begin(BOX, LayerState.CREATING, record(PARENT)).close();
        assertThat(calls).containsSubsequence("fsetxattr", "pwrite", "fdatasync");
    }

    /** As a power cut leaves it: the name and its attributes are there, the content is not, or is zeros. */
    @ParameterizedTest
    @ValueSource(ints = {0, 150})
    void recordWithoutContentIsReadFromItsAttribute(int zeros) throws IOException {
        var ordered = LayerRecords.forWriting(Tree.LINUX, folder, RecordOrder.JOURNAL, false);
        try (var file = ordered.begin(BOX, LayerState.CREATING, record(PARENT))) {
            assumeTrue(
                    RecordFile.attached(Tree.LINUX, PathBytes.of(folder.resolve("box.creating")))
                            .isPresent(),
                    "the filesystem of the build has no attributes of users");
            ordered.complete(BOX, record(PARENT).withPristineBefore(7), file);
        }
        assertThat(read(BOX).pristineBefore()).isEqualTo(7);
        Files.write(folder.resolve("box.json"), new byte[zeros]);
        assertThat(read(BOX).parent()).isEqualTo("parent");
        assertThat(read(BOX).pristineBefore()).isNull();
        assertThat(read(BOX).options()).isEqualTo(Map.of("size", "10G"));
    }

    @Test
    void recordThatCannotBeWrittenLeavesNoFile() throws IOException {
        var full = LayerRecords.forWriting(
                Faults.failing(Tree.LINUX, "pwrite", 1, storage.linux.Errno.ENOSPC), folder, RecordOrder.SYNC, false);
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> full.begin(BOX, LayerState.CREATING, record(null))))
                .hasMessageContaining("box.creating");
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void childrenAreThoseOfRecordsInAnyState() throws IOException {
        assertThat(records.children(PARENT)).isEmpty();
        records.begin(BOX, LayerState.CREATING, record(PARENT)).close();
        assertThat(records.children(PARENT)).containsExactly(BOX);
        assertThat(LayerRecords.forReading(Tree.LINUX, folder).children(PARENT)).containsExactly(BOX);
        open();
        assertThat(records.children(PARENT)).containsExactly(BOX);
        records.move(BOX, LayerState.REMOVING);
        assertThat(records.children(PARENT)).containsExactly(BOX);
        records.forget(BOX);
        assertThat(records.children(PARENT)).isEmpty();
    }

    /** As a restored backup may have them. */
    @Test
    void allOfSeveralRecordsGo() throws IOException {
        Files.writeString(folder.resolve("box.json"), "{}");
        Files.writeString(folder.resolve("box.removing"), "{}");
        open();
        assertThat(records.find(BOX).orElseThrow().state()).isEqualTo(LayerState.COMPLETE);
        records.forget(BOX);
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }
}
