package storage.selector.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

class HoldersTest {
    private static final LayerId A = new LayerId("a");
    private static final LayerId B = new LayerId("b");

    @TempDir
    Path root;

    private Path state;
    private Path file;

    @BeforeEach
    void folders() throws IOException {
        state = Files.createDirectories(root.resolve("storage/overlay2"));
        file = state.resolve("holders-boot.json");
    }

    private Holders open(String boot) throws IOException {
        return Holders.forWriting(root, state, boot);
    }

    @Test
    void holdsOutliveTheProcess() throws IOException {
        var first = open("boot");
        first.add(A, "cli");
        first.add(A, "cli");
        first.add(A, "backup");
        first.add(B, "cli");
        first.add(B, "other");
        assertThat(first.remove(B, "other")).isTrue();

        var second = open("boot");

        assertThat(second.problem()).isEmpty();
        assertThat(second.all())
                .containsExactly(new Hold(A, "backup", 1), new Hold(A, "cli", 2), new Hold(B, "cli", 1));
        assertThat(second.of(A)).isEqualTo(Map.of("backup", 1, "cli", 2));
        assertThat(Holders.forReading(state, "boot").all()).isEqualTo(second.all());
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void theLastHoldLeavesNothing() throws IOException {
        var holders = open("boot");
        holders.add(A, "cli");
        holders.add(A, "cli");

        assertThat(holders.remove(A, "cli")).isTrue();
        assertThat(holders.isHeld(A)).isTrue();
        assertThat(holders.remove(A, "cli")).isTrue();
        assertThat(holders.isHeld(A)).isFalse();
        assertThat(holders.remove(A, "cli")).isFalse();
        assertThat(open("boot").all()).isEmpty();
    }

    /** A power cut may have made anything of it. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\u0000\u0000", "{\"holds\":[{\"layer\":\"a\",\"holder\":\"cli\",\"count\":1}]}"})
    void anotherBootsHoldsAreDropped(String content) throws IOException {
        Files.writeString(file, content);

        assertThat(Holders.forReading(state, "today").all()).isEmpty();
        assertThat(file).as("a reader changes nothing").hasContent(content);

        var today = open("today");
        assertThat(today.all()).isEmpty();
        assertThat(today.problem()).isEmpty();
        assertThat(file).doesNotExist();
        today.add(B, "cli");
        assertThat(open("today").all()).containsExactly(new Hold(B, "cli", 1));
    }

    @Test
    void forgettingALayerForgetsEveryName() throws IOException {
        var holders = open("boot");
        holders.add(A, "cli");
        holders.add(A, "backup");
        holders.add(B, "cli");

        holders.forget(A);

        assertThat(open("boot").all()).containsExactly(new Hold(B, "cli", 1));
    }

    @Test
    void readersSeeWhatAWriterDoesMeanwhile() throws IOException {
        var reader = Holders.forReading(state, "boot");
        assertThat(reader.all()).isEmpty();

        open("boot").add(A, "cli");

        assertThat(reader.isHeld(A)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"holds\":[{\"layer\":\"a\",\"hol",
                "null",
                "[]",
                "{}",
                "{\"holds\":[null]}",
                "{\"holds\":[{}]}",
                "{\"holds\":[{\"layer\":\"../up\",\"holder\":\"cli\",\"count\":1}]}",
                "{\"holds\":[{\"layer\":\"a\",\"holder\":\"\",\"count\":1}]}",
                "{\"holds\":[{\"layer\":\"a\",\"holder\":\"cli\",\"count\":0}]}",
                "{\"holds\":[{\"layer\":\"a\",\"holder\":\"cli\",\"count\":1}]} trailing",
                "\u0000\u0000\u0000"
            })
    void damageIsSetAsideAndTheStoreGoesOn(String content) throws IOException {
        Files.writeString(file, content);

        assertThatThrownBy(() -> Holders.forReading(state, "boot").all())
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DAMAGED))
                .hasMessageContaining(file.toString());
        assertThat(file).as("a reader changes nothing").hasContent(content);

        var holders = open("boot");

        var aside = root.resolve("storage/quarantine/overlay2-holders-boot.json");
        assertThat(aside).hasContent(content);
        assertThat(holders.problem())
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains(file.toString()).contains(aside.toString()));
        holders.add(A, "cli");
        assertThat(open("boot").all()).containsExactly(new Hold(A, "cli", 1));
    }

    @Test
    void quarantineKeepsEveryCopy() throws IOException {
        for (var text : new String[] {"one", "two", "three"}) {
            Files.writeString(file, text);
            open("boot");
        }

        var folder = root.resolve("storage/quarantine");
        assertThat(folder.resolve("overlay2-holders-boot.json")).hasContent("one");
        assertThat(folder.resolve("overlay2-holders-boot.json.2")).hasContent("two");
        assertThat(folder.resolve("overlay2-holders-boot.json.3")).hasContent("three");
    }

    /** Killed between the write and the rename: the file beside is no record, and the next write takes its place. */
    @Test
    void aHalfWrittenFileBesideCountsForNothing() throws IOException {
        open("boot").add(A, "cli");
        Files.writeString(state.resolve(".holders-boot.json.tmp"), "{\"ho");

        var holders = open("boot");
        assertThat(holders.all()).containsExactly(new Hold(A, "cli", 1));
        holders.add(B, "cli");

        assertThat(open("boot").all()).hasSize(2);
        assertThat(state.resolve(".holders-boot.json.tmp")).doesNotExist();
    }

    @Test
    void whatCannotBeWrittenDoesNotCount() throws IOException {
        var holders = open("boot");
        holders.add(A, "cli");
        Files.delete(file);
        Files.delete(state);
        Files.writeString(state, "in the way");

        assertThatThrownBy(() -> holders.add(B, "cli")).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> holders.remove(A, "cli")).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> holders.forget(A)).isInstanceOf(StorageException.class);

        assertThat(holders.all()).containsExactly(new Hold(A, "cli", 1));
    }

    @Test
    void fieldsOfALaterVersionArePassedOver() throws IOException {
        Files.writeString(file, "{\"new\":1,\"holds\":[{\"layer\":\"a\",\"holder\":\"cli\",\"count\":2,\"more\":{}}]}");

        assertThat(open("boot").all()).containsExactly(new Hold(A, "cli", 2));
    }

    @Test
    void theKernelTellsTheBoot() {
        assertThat(BootId.current()).hasSize(36).isEqualTo(BootId.current());
    }
}
