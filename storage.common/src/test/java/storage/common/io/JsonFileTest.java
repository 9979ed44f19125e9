package storage.common.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;

class JsonFileTest {
    @TempDir
    Path folder;

    record Thing(String name, int count, List<String> tags) {}

    @Test
    void recordComesBack() throws Exception {
        var file = folder.resolve("thing.json");
        var thing = new Thing("ü\"\n", 7, List.of("a", "b"));
        JsonFile.write(file, thing);
        assertThat(JsonFile.read(file, Thing.class)).contains(thing);
        assertThat(Files.readString(file)).endsWith("}\n").hasLineCount(1);
    }

    @Test
    void missingFileIsEmpty() throws Exception {
        assertThat(JsonFile.read(folder.resolve("none"), Thing.class)).isEmpty();
    }

    @Test
    void fieldsOfALaterVersionArePassedOver() throws Exception {
        var file = Files.writeString(folder.resolve("f"), "{\"name\":\"n\",\"new\":{\"a\":[1]},\"count\":1}");
        assertThat(JsonFile.read(file, Thing.class)).contains(new Thing("n", 1, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"name\":\"n\"", "null", "[]", "{} trailing", "{\"count\":\"x\"}", "\0\0\0"})
    void damageNamesTheFileAndWhatToDo(String content) throws Exception {
        var file = Files.writeString(folder.resolve("broken.json"), content);
        var failure = catchThrowable(() -> JsonFile.read(file, Thing.class));
        assertThat(failure).isInstanceOf(StorageException.class).hasMessageContaining(file.toString());
        assertThat(((StorageException) failure).kind()).isEqualTo(StorageException.Kind.DAMAGED);
        assertThat(((StorageException) failure).advice()).isNotBlank();
    }

    @Test
    void interruptedThreadReadsAllTheSame() throws Exception {
        var file = folder.resolve("f");
        JsonFile.write(file, new Thing("n", 1, List.of()));
        Thread.currentThread().interrupt();
        assertThat(JsonFile.read(file, Thing.class)).isPresent();
        assertThat(Thread.interrupted()).isTrue();
    }
}
