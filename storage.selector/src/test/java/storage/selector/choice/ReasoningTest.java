package storage.selector.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Outcome;
import storage.selector.state.ActiveDriver;

/**
 * The selection as a table. Homes are {@code NAME:VERDICT:LAYERS} in the order of priority; the verdict is ok, not, pre,
 * fs, fail or absent (not installed); layers are a number, {@code ?} if the home cannot be read, with {@code k} at the end
 * for a migration's kept source.
 */
class ReasoningTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            best of all                       |          |          | btrfs:ok:0 overlay2:ok:0 vfs:ok:0      | btrfs    | highest priority
            wrong filesystem leads on         |          |          | btrfs:fs:0 overlay2:ok:0 vfs:ok:0      | overlay2 | passed over: btrfs
            no kernel support leads on        |          |          | aufs:not:0 vfs:ok:0                    | vfs      | passed over: aufs
            missing privilege leads on        |          |          | overlay2:pre:0 vfs:ok:0                | vfs      | passed over: overlay2
            all three lead on                 |          |          | a:not:0 b:pre:0 c:fs:0 vfs:ok:0        | vfs      | passed over: a
            record decides                    |          | vfs      | btrfs:ok:0 vfs:ok:0                    | vfs      | recorded in storage/active, generation 3
            record decides over layers        |          | vfs      | btrfs:ok:5 vfs:ok:0                    | vfs      | recorded
            record decides over two stores    |          | overlay2 | btrfs:ok:5 overlay2:ok:2 vfs:ok:1      | overlay2 | recorded
            record and name agree             | vfs      | vfs      | btrfs:ok:0 vfs:ok:1                    | vfs      | recorded
            name is used                      | vfs      |          | btrfs:ok:0 vfs:ok:0                    | vfs      | it was named
            name over the record of an empty store | vfs |  btrfs   | btrfs:ok:0 vfs:ok:0                    | vfs      | it was named
            name of one of two stores         | overlay  |          | overlay2:ok:1 overlay:ok:2             | overlay  | it was named
            insisting on a new store          | vfs new  | overlay2 | overlay2:ok:3 vfs:ok:0                 | vfs      | it was named
            insisting without a record        | vfs new  |          | overlay2:ok:3 vfs:ok:0                 | vfs      | it was named
            looking into another's layers     | vfs read | overlay2 | overlay2:ok:3 vfs:ok:1                 | vfs      | it was named
            prior state wins                  |          |          | btrfs:ok:0 overlay:ok:1 vfs:ok:0       | overlay  | its home holds 1 layer
            prior vfs counts when alone       |          |          | btrfs:ok:0 vfs:ok:4                    | vfs      | its home holds 4 layers
            prior vfs gives way               |          |          | overlay:ok:1 vfs:ok:4                  | overlay  | its home holds 1 layer
            kept source is no prior state     |          |          | btrfs:ok:2 vfs:ok:9k                   | btrfs    | its home holds 2 layers
            kept source alone is no prior state |        |          | btrfs:ok:0 vfs:ok:9k                   | btrfs    | highest priority
            kept source does not stop a name  | btrfs    |          | btrfs:ok:0 overlay2:ok:9k              | btrfs    | it was named
            kept source of an absent driver   |          |          | vfs:ok:0 btrfs:absent:3k               | vfs      | highest priority
            unreadable home under a record    |          | vfs      | btrfs:ok:? vfs:ok:0                    | vfs      | recorded
            """)
    void chooses(String name, String wish, String active, String homes, String driver, String reason) {
        var decision = decide(wish, active, homes);

        assertThat(decision.driver()).as(decision.reason()).contains(driver);
        assertThat(decision.reason()).startsWith("Chosen is " + driver).contains(reason);
        assertThat(decision.advice()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            nothing installed                 |          |          |                                        | PREREQUISITES           | No storage driver is installed                     | storage.vfs
            nothing installed but layers      |          |          | overlay2:absent:3                      | PREREQUISITES           | 'overlay2' holds 3 layers, but the driver is not   | storage.overlay
            nothing can work                  |          |          | btrfs:fs:0 overlay2:pre:0              | PREREQUISITES           | No installed driver can work here: btrfs           | btrfs: help btrfs; overlay2: help overlay2
            nothing is supported              |          |          | btrfs:fs:0 aufs:not:0                  | NOT_SUPPORTED           | aufs (no aufs)                                     | aufs
            a failed check is fatal           |          |          | btrfs:fail:0 vfs:ok:0                  | IO                      | check of the driver 'btrfs' failed: no btrfs       | name another
            recorded driver is absent         |          | overlay2 | vfs:ok:0 overlay2:absent:3             | PREREQUISITES           | one of the driver 'overlay2'                       | storage.overlay
            recorded foreign driver is absent |          | zfs      | vfs:ok:0                               | PREREQUISITES           | one of the driver 'zfs'                            | 'zfs'
            recorded driver cannot            |          | overlay2 | overlay2:not:3 vfs:ok:0                | NOT_SUPPORTED           | 'overlay2', recorded in storage/active, cannot     | help overlay2
            recorded driver fails             |          | overlay2 | overlay2:fail:3 vfs:ok:0               | IO                      | no overlay2                                        | out of reach
            recorded driver fails, no layers  |          | overlay2 | overlay2:fail:0 vfs:ok:0               | IO                      | no overlay2                                        | name another driver
            named driver cannot               | btrfs    |          | btrfs:fs:0 vfs:ok:0                    | INCOMPATIBLE_FILESYSTEM | 'btrfs', which was named, cannot work here         | help btrfs
            named driver lacks something      | overlay2 |          | overlay2:pre:0 vfs:ok:0                | PREREQUISITES           | 'overlay2', which was named                        | help overlay2
            named driver is not installed     | btrfs    |          | overlay2:ok:0 vfs:ok:0                 | PREREQUISITES           | installed are only overlay2, vfs                   | storage.btrfs
            named driver is unknown           | zfs      |          | overlay2:ok:0                          | INVALID                 | 'zfs' was named                                    | Name one
            named driver, nothing installed   | vfs      |          |                                        | PREREQUISITES           | no driver is installed                             | storage.vfs
            name over a recorded store        | vfs      | overlay2 | overlay2:ok:3 vfs:ok:0                 | INVALID                 | overlay2 (3 layers)                                | 'storage migrate --to vfs'
            name over a recorded store, both have layers | vfs | overlay2 | overlay2:ok:3 vfs:ok:1           | INVALID                 | its home holds 1 layer, but the store in use below this root is another's: overlay2 (3 layers) | --new-store
            name over unrecorded layers       | vfs      |          | overlay2:ok:3 vfs:ok:0                 | INVALID                 | overlay2 (3 layers)                                | 'storage migrate --to vfs'
            name over vfs layers              | overlay2 |          | overlay2:ok:0 vfs:ok:3                 | INVALID                 | vfs (3 layers)                                     | --new-store
            name over an absent driver's      | vfs      |          | vfs:ok:0 btrfs:absent:2                | INVALID                 | btrfs (2 layers, not installed)                    | 'storage migrate --to vfs'
            name over an unreadable home      | vfs      |          | btrfs:ok:? vfs:ok:0                    | INVALID                 | btrfs (an unknown number of layers)                | --new-store
            name for reading, no layers there | vfs read | overlay2 | overlay2:ok:3 vfs:ok:0                 | INVALID                 | overlay2 (3 layers)                                | --driver overlay2
            new store does not replace        | btrfs new|          | btrfs:fs:0 vfs:ok:2                    | INCOMPATIBLE_FILESYSTEM | 'btrfs', which was named                           | help btrfs
            prior driver cannot               |          |          | overlay2:pre:3 vfs:ok:0                | PREREQUISITES           | 'overlay2', whose home holds 3 layers, cannot      | help overlay2
            prior driver fails                |          |          | overlay2:fail:3 vfs:ok:0               | IO                      | 'overlay2', whose home holds 3 layers, cannot      | out of reach
            prior driver is absent            |          |          | vfs:ok:0 btrfs:absent:2                | PREREQUISITES           | 'btrfs' holds 2 layers                             | storage.btrfs
            two prior drivers                 |          |          | btrfs:ok:2 overlay2:ok:1 vfs:ok:0      | INVALID                 | btrfs (2 layers), overlay2 (1 layer)               | --driver
            two prior drivers, one absent     |          |          | overlay2:ok:1 aufs:absent:2            | INVALID                 | overlay2 (1 layer), aufs (2 layers, not installed) | --driver
            two prior drivers and vfs         |          |          | btrfs:ok:2 overlay2:ok:1 vfs:ok:7      | INVALID                 | btrfs (2 layers), overlay2 (1 layer)               | --driver
            home cannot be read               |          |          | overlay2:ok:? vfs:ok:0                 | PERMISSION              | 'overlay2' holds layers cannot be told: closed     | be somebody
            one home cannot be read, another can |       |          | btrfs:ok:2 overlay2:ok:?               | PERMISSION              | 'overlay2' holds layers cannot be told: closed     | be somebody
            """)
    void refuses(String name, String wish, String active, String homes, Kind kind, String reason, String advice) {
        var decision = decide(wish, active, homes);

        assertThat(decision.driver()).as(decision.reason()).isEmpty();
        assertThat(decision.reason()).contains(reason).doesNotEndWith(".");
        assertThat(decision.advice()).contains(advice).doesNotEndWith(".");
        assertThat(decision.exception().kind()).isEqualTo(kind);
        assertThat(decision.exception()).hasMessage(decision.reason());
    }

    @Test
    void aFailedCheckKeepsItsErrno() {
        assertThat(decide(null, null, "btrfs:fail:0").exception().errno()).hasValue(5);
    }

    @Test
    void onlyWhatMattersIsJudged() {
        var table = new Table(null, "btrfs:ok:0 overlay2:ok:0 vfs:ok:0");

        new Reasoning(wish("overlay2"), table).decide();

        assertThat(table.judged).containsExactly("overlay2");
    }

    @Test
    void aRecordSparesTheHomes() {
        var table = new Table("vfs", "btrfs:ok:3 vfs:ok:0");

        new Reasoning(wish(null), table).decide();

        assertThat(table.counted).isEmpty();
    }

    @Test
    void aDamagedRecordLeavesItToTheLayers() {
        var table = new Table(null, "btrfs:ok:0 overlay2:ok:2");
        table.problem = StorageException.of(Kind.DAMAGED, "cut off");

        assertThat(new Reasoning(wish(null), table).decide().driver()).contains("overlay2");
    }

    @Test
    void anUnreadableRecordIsNotTakenForNone() {
        var table = new Table(null, "btrfs:ok:0 overlay2:ok:2");
        table.problem = StorageException.of(Kind.PERMISSION, "not yours", "Be somebody else");

        var decision = new Reasoning(wish(null), table).decide();

        assertThat(decision.exception()).hasMessage("not yours");
        assertThat(decision.kind()).isEqualTo(Kind.PERMISSION);
    }

    private static Decision decide(String wish, String active, String homes) {
        return new Reasoning(wish(wish), new Table(active, homes == null ? "" : homes)).decide();
    }

    private static Reasoning.Wish wish(String text) {
        var words = text == null ? List.<String>of() : List.of(text.split(" ", -1));
        return new Reasoning.Wish(words.stream().findFirst(), words.contains("new"), words.contains("read"));
    }

    private static final class Table implements Evidence {
        private final Optional<ActiveDriver.Entry> active;
        private final List<String> installed = new ArrayList<>();
        private final List<String> absent = new ArrayList<>();
        private final Map<String, String[]> rows = new LinkedHashMap<>();
        final List<String> judged = new ArrayList<>();
        final List<String> counted = new ArrayList<>();
        StorageException problem;

        Table(String active, String homes) {
            this.active = Optional.ofNullable(active).map(driver -> new ActiveDriver.Entry(driver, 3));
            for (var home : homes.isEmpty() ? new String[0] : homes.split(" +", -1)) {
                var row = home.split(":", -1);
                rows.put(row[0], row);
                (row[1].equals("absent") ? absent : installed).add(row[0]);
            }
        }

        @Override
        public List<String> installed() {
            return installed;
        }

        @Override
        public List<String> absent() {
            return absent;
        }

        @Override
        public Optional<ActiveDriver.Entry> active() {
            return active;
        }

        @Override
        public Optional<StorageException> activeProblem() {
            return Optional.ofNullable(problem);
        }

        @Override
        public Stock stock(String driver) {
            counted.add(driver);
            var text = rows.get(driver)[2];
            var kept = text.endsWith("k");
            var number = kept ? text.substring(0, text.length() - 1) : text;
            return number.equals("?")
                    ? Stock.unknown(StorageException.of(Kind.PERMISSION, "closed.", "be somebody"), kept)
                    : Stock.of(Integer.parseInt(number), kept);
        }

        @Override
        public Verdict verdict(String driver) {
            judged.add(driver);
            var reason = "no " + driver + ".";
            var advice = "help " + driver + ".";
            return switch (rows.get(driver)[1]) {
                case "ok" -> Verdict.supported("works", List.of());
                case "not" -> Verdict.no(Outcome.NOT_SUPPORTED, reason, advice, List.of());
                case "pre" -> Verdict.no(Outcome.PREREQUISITES, reason, advice, List.of());
                case "fs" -> Verdict.no(Outcome.INCOMPATIBLE_FILESYSTEM, reason, advice, List.of());
                case "fail" -> new Verdict(Outcome.FAILED, reason, "", List.of(), OptionalInt.of(5));
                default -> throw new AssertionError("Not installed: " + driver);
            };
        }
    }
}
