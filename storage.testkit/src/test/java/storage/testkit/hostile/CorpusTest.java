package storage.testkit.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CorpusTest {
    @Test
    void everyCaseHasANameOfItsOwn() {
        assertThat(Corpus.cases()).extracting(HostileCase::name).doesNotHaveDuplicates();
    }

    /** The page lists every case with its outcome. */
    @Test
    void documentationIsTrue() throws Exception {
        var page = Files.readAllLines(Path.of("..", "docs", "hostile-input.md"));
        assertThat(page).containsAll(CaseTable.ofCorpus().lines());
        assertThat(page).anyMatch(line -> line.contains(Corpus.cases().size() + " archives"));
    }
}
