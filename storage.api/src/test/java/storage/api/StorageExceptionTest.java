package storage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import storage.api.StorageException.Kind;

class StorageExceptionTest {
    @Test
    void everyPartSurvivesTheOthers() {
        var cause = new IOException("disk");
        var failure = StorageException.of(Kind.NO_SPACE, "No space for layer a", "Free some space")
                .causedBy(cause)
                .withErrno(28)
                .forLayer(new LayerId("a"));
        assertThat(failure.kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(failure).hasMessage("No space for layer a").hasCause(cause);
        assertThat(failure.advice()).isEqualTo("Free some space");
        assertThat(failure.errno()).hasValue(28);
        assertThat(failure.layer()).hasValue(new LayerId("a"));
    }

    @Test
    void whatIsUnknownIsEmpty() {
        var failure = StorageException.of(Kind.IO, "x");
        assertThat(failure.advice()).isEmpty();
        assertThat(failure.errno()).isEmpty();
        assertThat(failure.layer()).isEmpty();
    }

    @Test
    void suppressedFailuresAreKept() {
        var failure = StorageException.of(Kind.IO, "x");
        failure.addSuppressed(new IOException("undo"));
        assertThat(failure.withErrno(5).getSuppressed()).hasSize(1);
    }
}
