package storage.image.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.image.meta.Digest;
import storage.image.meta.LayerEntry;

class SplitSizeTest {
    private static final Digest DIGEST = Digest.ofHex("0".repeat(64));
    private static final LayerEntry ENTRY = new LayerEntry(DIGEST, DIGEST, Optional.empty(), new LayerId("layer"), 0);

    private static long size(String record) throws IOException {
        return SplitSize.of(new ByteArrayInputStream(record.getBytes(StandardCharsets.UTF_8)), ENTRY);
    }

    @Test
    void isTheSumOfFilesAndPieces() throws IOException {
        assertThat(size("{\"type\":2,\"payload\":\"AAAA\"}\n{\"type\":1,\"size\":40,\"payload\":\"AAAAAAAAAAA=\"}\n"))
                .isEqualTo(43);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":2,\"payload\":\"AAAA=AAA\"}",
                "{\"type\":2,\"payload\":\"A?AA\"}",
                "{\"type\":2,\"payload\":\"A",
                "{\"type\":2",
                "}",
                "\u0000\u0000\u0000{",
                "{\"type\":99999999999999999999}"
            })
    void damagedRecordIsToldOf(String record) {
        assertThatThrownBy(() -> size(record))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.DAMAGED))
                .hasMessageContaining("layer");
    }
}
