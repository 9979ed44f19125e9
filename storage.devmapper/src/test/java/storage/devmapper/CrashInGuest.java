package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The process ends at each step of its work, on a real pool: the next opening finds all or nothing. */
class CrashInGuest {
    private static final int MANY = 40;

    private final GuestStore test = new GuestStore();

    @AfterEach
    void clearAway() throws Exception {
        test.clear();
    }

    private boolean dies(int step, String work) throws Exception {
        return Victim.dies(step, work, test);
    }

    /** The store is whole: nothing is lost, nothing is left over, and it can be worked with. */
    private void assertWhole() throws Exception {
        test.open();
        assertThat(devices()).as("nothing but the pool is active").hasSize(1);
        if (test.store().exists(id("low"))) {
            assertThat(test.names("low")).containsExactly("a");
        } else {
            test.image("low", "", "a");
        }
        for (var name : new String[] {"box", "old"}) {
            if (test.store().exists(id(name))) {
                assertThat(test.names(name)).containsExactly("a");
                test.store().remove(id(name));
            }
        }
        test.box("after", "low", Map.of());
        assertThat(test.names("after")).containsExactly("a");
        test.store().remove(id("after"));
        test.box("old", "low", Map.of());
        test.store().cleanup();
        test.close();
        test.assertNothingLeft();
        GuestStore.assertNumbersAgree();
    }

    private void dieAtEachStep(String work) throws Exception {
        assertWhole();
        var step = 1;
        while (dies(step, work)) {
            assertWhole();
            step++;
            assertThat(step).isLessThan(MANY);
        }
        assertThat(step).as("steps").isGreaterThan(2);
        assertWhole();
    }

    @Test
    void creationIsAllOrNothing() throws Exception {
        dieAtEachStep("create");
    }

    @Test
    void removalIsAllOrNothing() throws Exception {
        dieAtEachStep("remove");
    }

    @Test
    void firstOpeningIsFinishedByTheNext() throws Exception {
        var step = 1;
        while (dies(step, "open")) {
            assertWhole();
            test.clear();
            step++;
            assertThat(step).isLessThan(MANY);
        }
        assertThat(step).isGreaterThan(8);
    }

    @Test
    void growingPoolIsFinishedByTheNext() throws Exception {
        var step = 1;
        for (var died = true; died; step++) {
            test.with("dm.loopdatasize", "1g");
            test.image("low", "", "a");
            test.close();
            // up, so that it is resized in use
            died = dies(step, "resize");
            test.with("dm.loopdatasize", "2g").open();
            assertThat(test.store().status()).containsEntry("Data Space Total", "2.147GB");
            assertWhole();
            test.clear();
        }
        assertThat(step).as("file, table, pool").isGreaterThan(4);
    }
}
