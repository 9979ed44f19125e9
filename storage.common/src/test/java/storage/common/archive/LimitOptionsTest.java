package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.StorageException;

class LimitOptionsTest {
    @Test
    void limitsAreTakenOutAndTheRestIsTheDrivers() throws StorageException {
        var options = LimitOptions.of(Map.of(
                "archive.max_bytes", "2G",
                "Archive.Max_Entries", "10",
                "archive.max_depth", "11",
                "archive.max_path", "12",
                "archive.max_xattrs", "13",
                "archive.max_xattr_bytes", "1k",
                "archive.max_ratio", "14",
                "overlay2.size", "10G"));
        assertThat(options.limits()).isEqualTo(new ArchiveLimits(2L << 30, 10, 11, 255, 12, 13, 1024, 14));
        assertThat(options.others()).isEqualTo(Map.of("overlay2.size", "10G"));
        assertThat(LimitOptions.of(Map.of()).limits()).isEqualTo(ArchiveLimits.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({
        "archive.max_entires, 1",
        "archive., 1",
        "archive.max_entries, 0",
        "archive.max_entries, -1",
        "archive.max_entries, many",
        "archive.max_entries, 9999999999999999999",
        "archive.max_bytes, 1x",
        "archive.max_depth, 70000",
        "archive.max_xattr_bytes, 1G",
        "archive.max_ratio, 0",
    })
    void othersAreRefused(String key, String value) {
        assertThatThrownBy(() -> LimitOptions.of(Map.of(key, value)))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID);
                    assertThat(e.getMessage()).contains(key);
                    assertThat(e.advice()).isNotEmpty();
                });
    }
}
