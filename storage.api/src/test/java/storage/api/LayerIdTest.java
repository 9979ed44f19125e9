package storage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerIdTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "0",
                "web-1",
                "v1.2_x",
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-init",
                "ll",
                "base-os"
            })
    void acceptsWhatEnginesAndPeopleUse(String text) throws StorageException {
        assertThat(LayerId.parse(text).value()).isEqualTo(text);
        assertThat(LayerId.isValid(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", ".", "..", "../x", "a/b", "/a", "-rf", "_a", ".hidden", "a b", "a\nb", "a\0b", "ä", "a:b", "a,b",
                "a\\b"
            })
    void refusesWhatCouldLeaveItsFolder(String text) {
        assertThatThrownBy(() -> LayerId.parse(text))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID))
                .hasMessageContaining("is not a layer id");
        assertThat(LayerId.isValid(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"l", "base", "deviceset-metadata", "transaction-metadata", "x-removing", "x.migrated"})
    void refusesNamesThatAnyBackendsLayoutUses(String text) {
        assertThatThrownBy(() -> LayerId.parse(text)).hasMessageContaining("storage drivers use this name");
        assertThat(LayerId.isValid(text)).isFalse();
    }

    @Test
    void bounds() throws StorageException {
        assertThat(LayerId.parse("x".repeat(128)).value()).hasSize(128);
        assertThatThrownBy(() -> LayerId.parse("x".repeat(129))).isInstanceOf(StorageException.class);
    }

    @Test
    void messageShowsNoControlCharactersAndIsBounded() {
        assertThatThrownBy(() -> LayerId.parse("a\u001b[31m" + "y".repeat(5000)))
                .satisfies(
                        e -> assertThat(e.getMessage()).doesNotContain("\u001b").hasSizeLessThan(400));
    }
}
