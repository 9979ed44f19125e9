package storage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FileNamesTest {
    @Test
    void textIsUtf8() {
        for (var name : new String[] {"", "plain", "nämé with spaces", "日本", "emoji \uD83D\uDE00"}) {
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            assertThat(FileNames.decode(bytes)).isEqualTo(name);
            assertThat(FileNames.encode(name)).isEqualTo(bytes);
        }
    }

    @Test
    void otherBytesBecomeLoneSurrogatesAndComeBack() {
        var latin1 = new byte[] {'n', (byte) 0xe4, 'm', (byte) 0xe9};
        assertThat(FileNames.decode(latin1)).isEqualTo("n\udce4m\udce9");
        assertThat(FileNames.encode("n\udce4m\udce9")).isEqualTo(latin1);
    }

    @Test
    void overlongFormsSurrogatesAndTooLargeCodePointsAreNoUtf8() {
        for (var bytes : new byte[][] {
            {(byte) 0xc0, (byte) 0xaf},
            {(byte) 0xe0, (byte) 0x80, (byte) 0xaf},
            {(byte) 0xed, (byte) 0xb2, (byte) 0x80},
            {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
            {(byte) 0xf0, (byte) 0x80, (byte) 0x80, (byte) 0x80},
            {(byte) 0xe2, (byte) 0x82}
        }) {
            var text = FileNames.decode(bytes);
            assertThat(text).hasSize(bytes.length).matches("[\\x{DC80}-\\x{DCFF}]+");
            assertThat(FileNames.encode(text)).isEqualTo(bytes);
        }
    }

    @Test
    void anyBytesSurviveTheRoundTrip() {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++) {
            var bytes = new byte[random.nextInt(24)];
            random.nextBytes(bytes);
            if (round % 3 == 0) {
                // mostly valid text with one byte broken: the hard case
                bytes = "äöü€\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            assertThat(FileNames.encode(FileNames.decode(bytes))).isEqualTo(bytes);
        }
    }

    @Test
    void agreesWithTheJdkOnWhatIsValid() {
        var random = new Random(11);
        for (var round = 0; round < 50_000; round++) {
            var bytes = new byte[1 + random.nextInt(5)];
            random.nextBytes(bytes);
            var escapes = FileNames.decode(bytes).chars().anyMatch(c -> c >= 0xdc80 && c <= 0xdcff) && !isValid(bytes);
            assertThat(escapes).isEqualTo(!isValid(bytes));
        }
    }

    private static boolean isValid(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
