package storage.overlay.v2;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.Guest;

/** Project quotas need a kernel that has them: in a guest. */
class LayerQuotaTest {
    @Test
    void layersAreLimitedWhereTheFilesystemHasProjectQuotas() throws Exception {
        var run = Guest.run(LayerQuotaInGuest.class, "1G");
        assertThat(run.failed()).as(run.output()).isZero();
        assertThat(run.tests()).as(run.output()).isEqualTo(5);
    }
}
