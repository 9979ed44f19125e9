package storage.command.entry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandWordTest {
    @ParameterizedTest
    @CsvSource({
        "ls, ls",
        "--root R ls, ls",
        "--root=R ls, ls",
        "--json --root create ls -v, ls",
        "--opt a=b --opt c=d create box --from x, create",
        "--name x import FILE, import",
        "-o FILE diff box, diff",
        "mount box --holder umount, mount",
        "--root, ''",
        "-v, ''"
    })
    void theCommandIsFoundAmongOptions(String line, String word) {
        assertThat(CommandWord.of(List.of(line.split(" ", -1)))).isEqualTo(word);
    }
}
