package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.FileNames;
import storage.api.LayerFiles;
import storage.api.StorageException;

class TarSplitTest {
    /** A layer's files in memory. */
    private static final class Files implements LayerFiles {
        final Map<String, byte[]> byPath = new TreeMap<>();

        @Override
        public InputStream open(String path) throws IOException {
            var content = byPath.get(path);
            if (content == null) {
                throw StorageException.of(StorageException.Kind.NOT_FOUND, "no " + path);
            }
            return new ByteArrayInputStream(content);
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    private final Files files = new Files();

    private static byte[] record(byte[] archive, int piece) throws IOException {
        var record = new ByteArrayOutputStream();
        try (var in = TarSplit.recording(new ByteArrayInputStream(archive), record)) {
            var buffer = new byte[piece];
            var copy = new ByteArrayOutputStream();
            int count;
            while ((count = in.read(buffer)) >= 0) {
                copy.write(buffer, 0, count);
            }
            assertThat(copy.toByteArray()).isEqualTo(archive);
        }
        return record.toByteArray();
    }

    private byte[] reassemble(byte[] record) throws IOException {
        var out = new ByteArrayOutputStream();
        TarSplit.reassemble(new ByteArrayInputStream(record), files, out);
        return out.toByteArray();
    }

    private static List<JsonNode> lines(byte[] record) throws IOException {
        var mapper = new ObjectMapper();
        var lines = new ArrayList<JsonNode>();
        for (var line : new String(record, StandardCharsets.UTF_8).lines().toList()) {
            lines.add(mapper.readTree(line));
        }
        return lines;
    }

    private Tar sample() {
        files.byPath.put("d/f", FileNames.encode("content"));
        files.byPath.put("d/" + "l".repeat(150), FileNames.encode("x".repeat(5000)));
        files.byPath.put("raw\udcff", FileNames.encode("raw"));
        files.byPath.put("<&>\"\\", FileNames.encode("odd"));
        return new Tar()
                .dir("d")
                .file("./d/f", files.byPath.get("d/f"))
                .file("d/" + "l".repeat(150), files.byPath.get("d/" + "l".repeat(150)))
                .file("empty", "")
                .symlink("s", "d")
                .link("h", "d/f")
                .file("raw\udcff", "raw")
                .file("<&>\"\\", "odd")
                .file(".wh.gone", "");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 512, 65536})
    void anArchiveComesBackInWhateverPiecesItCame(int piece) throws IOException {
        var archive = sample().bytes();
        assertThat(reassemble(record(archive, piece))).isEqualTo(archive);
    }

    @Test
    void linesAreTheEngines() throws IOException {
        var lines = lines(
                record(new Tar().dir("d").file("d/f", "hello").file("e", "").bytes(), 100));
        assertThat(lines).extracting(line -> line.get("type").asInt()).containsExactly(2, 1, 2, 1, 2, 1, 2);
        assertThat(lines).extracting(line -> line.get("position").asInt()).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(lines.get(1).toString()).isEqualTo("{\"type\":1,\"name\":\"d/\",\"payload\":null,\"position\":1}");
        assertThat(lines.get(3).toString())
                .startsWith("{\"type\":1,\"name\":\"d/f\",\"size\":5,\"payload\":\"")
                .endsWith("=\",\"position\":3}");
        assertThat(lines.get(5).toString()).isEqualTo("{\"type\":1,\"name\":\"e\",\"payload\":null,\"position\":5}");
    }

    @Test
    void theSumIsTheEngines() {
        // of the engine's own record of a file of four bytes, and the check value of CRC-64/GO-ISO
        var crc = new Crc64();
        crc.update(FileNames.encode("two\n"), 0, 4);
        assertThat(java.util.Base64.getEncoder().encodeToString(crc.sum())).isEqualTo("YUwqqFAAAAA=");
        crc.reset();
        crc.update(FileNames.encode("123456789"), 0, 9);
        assertThat(java.util.HexFormat.of().formatHex(crc.sum())).isEqualTo("b90956c775a41001");
    }

    @Test
    void theEnginesRecordIsRead() throws IOException {
        // with an empty last segment, and a name that is no text
        files.byPath.put("data/two.txt", FileNames.encode("two\n"));
        files.byPath.put("\udcff", FileNames.encode("two\n"));
        var record = """
                {"type":2,"payload":"aGVhZA==","position":0}
                {"type":1,"name":"data/two.txt","size":4,"payload":"YUwqqFAAAAA=","position":1}
                {"type":1,"name":"data/","payload":null,"position":2}
                {"type":1,"name_raw":"/w==","size":4,"payload":"YUwqqFAAAAA=","position":3}
                {"type":2,"payload":"","position":4}
                """;
        assertThat(FileNames.decode(reassemble(FileNames.encode(record)))).isEqualTo("headtwo\ntwo\n");
    }

    @Test
    void filesThatAreNotWhatTheyWereAreNamed() throws IOException {
        var record = record(sample().bytes(), 1000);
        for (var change : List.of("Content", "conten", "content!", "")) {
            files.byPath.put("d/f", FileNames.encode(change));
            assertThatThrownBy(() -> reassemble(record))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED))
                    .hasMessageContaining("d/f");
        }
        files.byPath.remove("d/f");
        assertThatThrownBy(() -> reassemble(record)).hasMessageContaining("d/f is missing");
    }

    @Test
    void aRecordThatIsCutOffIsDamaged() throws IOException {
        var record = record(sample().bytes(), 1000);
        for (var text : List.of(
                new String(Arrays.copyOf(record, record.length / 2), StandardCharsets.UTF_8),
                "{\"type\":2,\"payload\":\"!!\"}",
                "nonsense",
                "[1]",
                "{\"type\":\"x\"}")) {
            assertThatThrownBy(() -> reassemble(FileNames.encode(text)))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED));
        }
    }

    /** The reader guesses the encoding, and what follows is no text in it. */
    @Test
    void recordThatLooksLikeUtf32IsNone() {
        var record = new byte[] {0, 0, 0, '{', -1, -1, -1, -1, -1, -1, -1, -1};
        assertThatThrownBy(() -> reassemble(record)).hasMessageContaining("is cut off or is none");
    }

    @Test
    void whatTheLayerWillNotGiveBackStaysInTheRecord() throws IOException {
        var archive = new Tar()
                .symlink("link", "elsewhere")
                .file("link/f", "behind a link")
                .file(".wh.f", "a whiteout with content")
                .pax("GNU.sparse.name=s", "GNU.sparse.size=100", "GNU.sparse.map=0,10,50,10")
                .header("x", '0', 20)
                .raw(new byte[20])
                .header("old", 'S', 5, 257, "ustar  \0", 386, "00000000000\00000000000005", 483, "00000000100")
                .raw(FileNames.encode("bytes"))
                .bytes();
        assertThat(reassemble(record(archive, 300))).isEqualTo(archive);
    }

    @Test
    void whatIsNoArchiveComesBackToo() throws IOException {
        var random = new Random(3);
        for (var i = 0; i < 200; i++) {
            var noise = new byte[random.nextInt(5000)];
            random.nextBytes(noise);
            var archive = random.nextBoolean() ? noise : sample().bytes();
            if (archive != noise && archive.length > 0) {
                archive[random.nextInt(archive.length)]++;
            }
            var record = record(archive, 777);
            try {
                assertThat(reassemble(record)).isEqualTo(archive);
            } catch (StorageException e) {
                // the change was in content
                assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED);
            }
        }
    }

    @Test
    void entriesThatReplaceFilesAreTold() throws IOException {
        for (var tar : List.of(
                new Tar().file("a", "1").file("./a", "2"),
                new Tar().file("a/b", "1").symlink("a", "x"),
                new Tar().file("a", "1").link("a", "b"))) {
            var record = new ByteArrayOutputStream();
            try (var in = TarSplit.recording(tar.stream(), record)) {
                in.readAllBytes();
                assertThat(in.isIncomplete()).isTrue();
            }
            record.reset();
            TarSplit.recordingAll(tar.stream(), record);
            assertThat(reassemble(record.toByteArray())).isEqualTo(tar.bytes());
        }
        try (var in = TarSplit.recording(sample().stream(), new ByteArrayOutputStream())) {
            in.readAllBytes();
            assertThat(in.isIncomplete()).isFalse();
        }
    }

    @Test
    void noNameIsInTheRecordTwice() throws IOException {
        var names = lines(record(
                        new Tar()
                                .dir("a")
                                .dir("./a/")
                                .file("b", "1")
                                .file("b", "")
                                .bytes(),
                        512))
                .stream()
                .filter(line -> line.get("type").asInt() == 1)
                .map(line -> line.get("name").asText())
                .toList();
        assertThat(names).containsExactly("a/", "b");
    }
}
