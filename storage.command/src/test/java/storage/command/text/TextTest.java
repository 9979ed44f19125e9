package storage.command.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
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

    @ParameterizedTest
    @CsvSource({
        "2026-01-10T12:00:00Z, 0 seconds ago",
        "2026-01-10T11:59:58.876543211Z, 1 second ago",
        "2026-01-10T11:59:58Z, 2 seconds ago",
        "2026-01-10T11:58:01Z, 119 seconds ago",
        "2026-01-10T11:30:00Z, 30 minutes ago",
        "2026-01-10T11:30:00+02:00, 2 hours ago",
        "2026-01-08T12:00:00Z, 2 days ago",
        "2025-12-20T12:00:00Z, 3 weeks ago",
        "2025-10-01T12:00:00Z, 3 months ago",
        "1970-01-01T00:00:00Z, 56 years ago",
        "2026-02-01T00:00:00Z, 2026-02-01",
        "long ago, long ago"
    })
    void timesAreShownAsAges(String time, String shown) {
        assertThat(Ages.shown(time, Instant.parse("2026-01-10T12:00:00Z"))).isEqualTo(shown);
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
