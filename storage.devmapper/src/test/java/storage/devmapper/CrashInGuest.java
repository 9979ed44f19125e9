package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The process ends at each step of its work, on a real pool: the next opening finds all or nothing. */
class CrashInGuest {
    private static final int MANY = 40;
    private static final Pattern DUMPED = Pattern.compile("<device dev_id=\"(\\d+)\"");
    private static final Pattern RECORDED = Pattern.compile("\"device_id\":(\\d+)");

    private final GuestStore test = new GuestStore();

    @AfterEach
    void clearAway() throws Exception {
        test.clear();
    }

    /** @return false if the work was done before so many steps */
    private static boolean dies(int step, String work) throws Exception {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        Integer.toString(step),
                        work)
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isIn(0, Victim.KILLED);
        System.out.println(work + " " + step + ": " + output.lines().reduce("", (first, last) -> last));
        return process.exitValue() == Victim.KILLED;
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
        assertNumbersAgree();
    }

    /** The numbers in the pool's metadata are those in the records. */
    private void assertNumbersAgree() throws Exception {
        var home = GuestStore.ROOT.resolve("devicemapper");
        var pool = new TreeSet<Integer>();
        var dump = DUMPED.matcher(GuestStore.thin("thin_dump", home.resolve("devicemapper/metadata")));
        while (dump.find()) {
            pool.add(Integer.valueOf(dump.group(1)));
        }
        var records = new TreeSet<Integer>();
        try (var files = Files.newDirectoryStream(home.resolve("metadata"))) {
            for (var file : files) {
                var record = RECORDED.matcher(Files.readString(file));
                if (!file.endsWith("transaction-metadata") && record.find()) {
                    records.add(Integer.valueOf(record.group(1)));
                }
            }
        }
        assertThat(pool).isEqualTo(records);
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
        test.image("low", "", "a");
        test.close();
        // up, so that it is resized in use
        assertThat(dies(1, "resize")).isTrue();
        test.with("dm.loopdatasize", "2g").open();
        assertThat(test.store().status()).containsEntry("Data Space Total", "2.147GB");
        assertWhole();
    }
}
