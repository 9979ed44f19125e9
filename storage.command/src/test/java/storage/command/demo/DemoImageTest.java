package storage.command.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoImageTest {
    @TempDir
    Path folder;

    @Test
    void theLayoutIsTheSameEachTimeAndPointsAtWhatItHolds() throws Exception {
        var image = DemoImage.write(folder.resolve("a"));
        assertThat(DemoImage.write(folder.resolve("b")).id()).isEqualTo(image.id());
        var json = JsonMapper.builder().build();
        var index = json.readTree(folder.resolve("a/index.json").toFile());
        var manifest = json.readTree(blob(index.at("/manifests/0/digest").asText()));
        assertThat(manifest.at("/config/digest").asText()).isEqualTo(image.id());
        assertThat(manifest.get("layers")).hasSize(3);
        var configuration = json.readTree(blob(image.id()));
        for (var i = 0; i < 3; i++) {
            var digest = manifest.at("/layers/" + i + "/digest").asText();
            assertThat(configuration.at("/rootfs/diff_ids/" + i).asText()).isEqualTo(digest);
            assertThat(image.diffIds().get(i)).isEqualTo(digest);
            assertThat(DemoImage.sha256(blob(digest))).isEqualTo(digest);
        }
    }

    private byte[] blob(String digest) throws Exception {
        return Files.readAllBytes(folder.resolve("a/blobs/sha256").resolve(digest.substring("sha256:".length())));
    }
}
