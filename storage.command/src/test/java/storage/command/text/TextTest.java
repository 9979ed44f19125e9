package storage.command.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.00 kB",
        "4036608, 4.04 MB",
        "9995, 10.0 kB",
        "99949, 99.9 kB",
        "999499, 999 kB",
        "999500, 1.00 MB",
        "9223372036854775807, 9.22 EB"
    })
    void sizesHaveThreeDigits(long bytes, String shown) {
        assertThat(Sizes.shown(bytes)).isEqualTo(shown);
    }

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        var table = new Table("NAME", ">SIZE", "NOTE");
        table.row("a", "1 B", "");
        table.row("longer name", "12.3 MB", "x");
        assertThat(table.lines())
                .containsExactly("NAME            SIZE  NOTE", "a                1 B", "longer name  12.3 MB  x");
    }

    @Test
    void linesAreUtf8AndBytesThatAreNoneStay() throws Exception {
        var bytes = new ByteArrayOutputStream();
        var printer = new Printer(bytes, false);
        printer.line("\u00e4\udcff");
        printer.flush();
        assertThat(bytes.toByteArray()).containsExactly(0xc3, 0xa4, 0xff, '\n');
    }

    @Test
    void anEndedReaderIsToldFromAFailure() {
        assertThatThrownBy(() -> failing("Broken pipe").flush())
                .isInstanceOfSatisfying(
                        Printer.Gone.class,
                        gone -> assertThat(gone.isBrokenPipe()).isTrue());
        assertThatThrownBy(() -> failing("No space left on device").flush())
                .isInstanceOfSatisfying(
                        Printer.Gone.class,
                        gone -> assertThat(gone.isBrokenPipe()).isFalse());
    }

    private static Printer failing(String message) throws IOException {
        var printer = new Printer(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException(message);
                    }
                },
                false);
        printer.line("x");
        return printer;
    }
}
