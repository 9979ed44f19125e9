package storage.itest.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import storage.testkit.Require;
import storage.testkit.hostile.Corpus;

/**
 * Fuzz targets, each for a fixed number of inputs, the same in every build. For longer: {@code -Dstorage.fuzz.seconds=N}
 * gives each that time, and what it finds stays in {@code target/fuzz/TARGET}. Kept inputs lie in {@code src/test/fuzz}.
 */
class FuzzTest {
    private static final int SECONDS = Integer.getInteger("storage.fuzz.seconds", 0);

    /** Larger archives of the corpus would only slow it down. */
    private static final int LARGEST_SEED = 8192;

    private static List<byte[]> archives() {
        var seeds = new ArrayList<byte[]>();
        for (var each : Corpus.cases()) {
            var archive = each.archive().apply(Path.of("/canary"));
            if (archive.length <= LARGEST_SEED && each.options().isEmpty()) {
                seeds.add(archive);
            }
        }
        return seeds;
    }

    private static void fuzz(Class<?> target, int runs, List<byte[]> seeds) throws IOException, InterruptedException {
        Require.feature("jazzer", isX86(), "Jazzer has no native part for this processor");
        var name = target.getSimpleName();
        var folder = Files.createDirectories(Path.of("target", "fuzz", name).toAbsolutePath());
        var limit = SECONDS > 0 ? "-max_total_time=" + SECONDS : "-runs=" + runs;
        var kept = Path.of("src", "test", "fuzz", name).toAbsolutePath();
        var outcome = new Fuzzing(folder, target).run(seeds, kept, limit);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.runs()).as(outcome.output()).isGreaterThanOrEqualTo(SECONDS > 0 ? 1 : runs);
        System.out.println("fuzz " + name + ": " + outcome.runs() + " inputs ran clean");
    }

    private static boolean isX86() {
        return System.getProperty("os.arch").equals("amd64");
    }

    @Test
    void archiveBytes() throws Exception {
        Require.root();
        fuzz(ArchiveBytes.class, 4000, archives());
    }

    @Test
    void archiveEntries() throws Exception {
        Require.root();
        fuzz(ArchiveEntries.class, 3000, List.of(new byte[] {0, 1, 0, 2, 3, 0, 8, 1, 0, 0, 1, 0, 6, 4, 3, 9, 1, 0}));
    }

    @Test
    void imageDocuments() throws Exception {
        fuzz(ImageDocuments.class, 600, ImageDocuments.seeds());
    }

    @Test
    void storeFiles() throws Exception {
        fuzz(StoreFiles.class, 150, StoreFiles.seeds());
    }

    @Test
    void overlayFiles() throws Exception {
        Require.root();
        fuzz(OverlayFiles.class, 100, OverlayFiles.seeds());
    }

    @Test
    void mountTables() throws Exception {
        fuzz(MountTables.class, 20_000, List.of(Files.readAllBytes(Path.of("/proc/self/mountinfo"))));
    }
}
