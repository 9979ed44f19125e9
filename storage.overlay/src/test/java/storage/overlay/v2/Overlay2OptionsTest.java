package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StorageException;
import storage.linux.ProjectQuota;
import storage.overlay.testing.TestStore;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;

/** Options of the driver and of layers, what is refused and how. */
class Overlay2OptionsTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private static final Layer BOX =
            new Layer(new LayerId("box"), Optional.empty(), Layer.Kind.READ_WRITE, Layer.State.COMPLETE);
    private static final Layer IMAGE =
            new Layer(new LayerId("image"), Optional.empty(), Layer.Kind.IMAGE, Layer.State.COMPLETE);

    private static void isInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... texts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID);
            assertThat(e.getMessage() + " " + e.advice()).contains(texts);
        });
    }

    @ParameterizedTest
    @CsvSource({"10G, 10737418240", "512m, 536870912", "4096, 4096", "1 GiB, 1073741824", "2tb, 2199023255552", "0, 0"})
    void sizesAreReadAsTheEngineReadsThem(String text, long bytes) throws StorageException {
        assertThat(Overlay2Options.parse(Map.of("Overlay2.Size", text)).size()).isEqualTo(bytes);
        assertThat(Overlay2Options.parse(Map.of()).sizeOf(BOX, Map.of("size", text)))
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "ten", "10X", "9999999999999999999", "9000000000000000000k", "1.5G"})
    void whatIsNoSizeIsRefused(String text) {
        isInvalid(() -> Overlay2Options.parse(Map.of("overlay2.size", text)), "overlay2.size");
    }

    @Test
    void unknownOptionsAreRefusedWithTheListOfKnownOnes() {
        isInvalid(
                () -> Overlay2Options.parse(Map.of("overlay2.sise", "1G")),
                "overlay2.sise",
                "overlay2.size",
                "overlay2.override_kernel_check");
        isInvalid(() -> Overlay2Options.parse(Map.of()).sizeOf(BOX, Map.of("sise", "1G")), "sise", "size");
    }

    @Test
    void theKernelCheckIsAcceptedAndMeansNothing() throws StorageException {
        assertThat(Overlay2Options.parse(Map.of("overlay2.override_kernel_check", "true")))
                .isEqualTo(Overlay2Options.parse(Map.of()));
        isInvalid(() -> Overlay2Options.parse(Map.of("overlay2.override_kernel_check", "maybe")), "maybe");
    }

    @Test
    void onlyReadWriteLayersHaveASize() throws StorageException {
        var options = Overlay2Options.parse(Map.of("overlay2.size", "1G"));
        assertThat(options.sizeOf(BOX, Map.of())).isEqualTo(1L << 30);
        assertThat(options.sizeOf(BOX, Map.of("size", "2G"))).isEqualTo(2L << 30);
        assertThat(options.sizeOf(IMAGE, Map.of())).isZero();
        isInvalid(() -> options.sizeOf(IMAGE, Map.of("size", "1G")), "image layer");
    }

    @Test
    void withoutQuotasASizeIsRefusedAndNothingIsLeft() throws IOException {
        Require.root();
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new)) {
            try (var home =
                    storage.linux.Fd.directory(TestStore.LINUX, FILES.path().toString())) {
                Require.feature(
                        "no-quota",
                        ProjectQuota.unavailable(TestStore.LINUX, home.number()).isPresent(),
                        "this filesystem has project quotas");
            }
            assertThatThrownBy(() -> test.store()
                            .createReadWrite(BOX.id(), Optional.empty(), LayerOptions.storage(Map.of("size", "1G"))))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_SUPPORTED);
                        assertThat(e.getMessage()).contains("size");
                        assertThat(e.advice()).contains("prjquota");
                    });
            assertThat(test.store().layers()).isEmpty();
            assertThat(test.files().has("box")).isFalse();
            try (var other = new TestStore(FILES.path(), "other", new Overlay2Driver(TestStore.LINUX))) {
                other.with(Map.of("overlay2.size", "1G"));
                assertThatThrownBy(other::store)
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_SUPPORTED));
            }
        }
    }
}
