package storage.image.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;

class ImageNameTest {
    @ParameterizedTest
    @CsvSource({
        "busybox, busybox:latest, docker.io/library/busybox:latest",
        "busybox:1.36, busybox:1.36, docker.io/library/busybox:1.36",
        "library/busybox, busybox:latest, docker.io/library/busybox:latest",
        "docker.io/library/busybox:1, busybox:1, docker.io/library/busybox:1",
        "index.docker.io/some/thing, some/thing:latest, docker.io/some/thing:latest",
        "some/thing:2, some/thing:2, docker.io/some/thing:2",
        "localhost/x, localhost/x:latest, localhost/x:latest",
        "localhost:5000/x/y:T_1.2-3, localhost:5000/x/y:T_1.2-3, localhost:5000/x/y:T_1.2-3",
        "quay.io/a/b__c/d--e, quay.io/a/b__c/d--e:latest, quay.io/a/b__c/d--e:latest",
        "docker.io/foo.bar/x, docker.io/foo.bar/x:latest, docker.io/foo.bar/x:latest"
    })
    void familiarFormIsTheEngines(String text, String familiar, String full) throws StorageException {
        var name = ImageName.parse(text);
        assertThat(name).hasToString(familiar);
        assertThat(name.full()).isEqualTo(full);
        assertThat(ImageName.parse(name.full())).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "Upper",
                "sha256:abc",
                "sha256",
                "a:",
                ":tag",
                "a/../b",
                "/etc/passwd",
                "a//b",
                "a b",
                "a:b c",
                "a:.x",
                "-a",
                "a_",
                "a___b",
                "a@sha256:0123",
                "a\nb",
                "exa mple.com/x",
                "a:b/c:d:",
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            })
    void whatIsNoNameIsRefused(String text) {
        assertThatThrownBy(() -> ImageName.parse(text))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID));
    }

    @Test
    void longNamesAreRefusedQuickly() {
        assertThat(ImageName.find("a".repeat(256))).isEmpty();
        assertThat(ImageName.find("a".repeat(255))).isPresent();
        assertThat(ImageName.find("a:" + "t".repeat(128))).isPresent();
        assertThat(ImageName.find("a:" + "t".repeat(129))).isEmpty();
        assertThat(ImageName.find("a-".repeat(127) + "!")).isEmpty();
    }
}
