package storage.vfs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import storage.testkit.OrdinaryUser;

/** The whole kit once more, without any privilege. */
class VfsAsOrdinaryUserTest {
    /** Far fewer than there are: what matters is that they were run. */
    private static final int MANY = 100;

    @Test
    void everythingWorksWithoutPrivilege() throws Exception {
        var result = OrdinaryUser.run(VfsConformanceTest.class);
        assertThat(result.failed()).as(result.output()).isZero();
        assertThat(result.tests()).as(result.output()).isGreaterThan(MANY);
    }
}
