package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.devmapper.GuestStore.devices;
import static storage.devmapper.GuestStore.id;
import static storage.devmapper.GuestStore.run;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import storage.api.Layer;
import storage.api.StorageException;
import storage.testkit.Guest;
import storage.testkit.store.Settings;

/**
 * The power goes at each moment after which the disk holds something new for good: what is written below the store's
 * filesystem is recorded, and replayed up to each flush; a store is opened on what is there then. Run by {@link
 * DevmapperPowerCutTest}.
 */
class PowerCutInGuest {
    private static final Path DISK = GuestStore.ROOT.getParent();
    private static final long SECTORS = 512 << 11;

    /** In memory: the disk as it is up to an entry, and a copy that a store is opened on. */
    private static final Path STATE = Path.of("/run/power-cut/state");

    private static final Path TRIED = Path.of("/run/power-cut/tried");

    /** How many cuts there are at least: else nothing was recorded. */
    private static final int FEW = 20;

    /** Every how many cuts a store is opened: fewer where not everything is asked for. */
    private static final int EACH = "full".equals(System.getProperty(Settings.MATRIX)) ? 1 : 8;

    private final GuestStore test = new GuestStore().with("dm.loopdatasize", "300m");

    @BeforeAll
    static void onlyTheRulesThatMatter() throws Exception {
        GuestUdev.withoutOtherRules();
        Files.createDirectories(DISK);
        Files.createDirectories(STATE.getParent());
    }

    @Test
    void eachFlushLeavesAWholeStore() throws Exception {
        run("dmsetup", "create", "disk", "--table", "0 " + SECTORS + " linear " + Guest.disk() + " 0");
        run("mkfs.ext4", "-q", "/dev/mapper/disk");
        run("mount", "/dev/mapper/disk", DISK.toString());
        test.image("low", "", "a");
        test.box("old", "low", Map.of());
        test.store().cleanup();
        test.close();
        run("umount", DISK.toString());
        run("dd", "if=/dev/mapper/disk", "of=" + STATE, "bs=1M", "conv=sparse");

        record();

        var done = new HashSet<String>();
        var cuts = 0;
        var changed = true;
        try (var log = new WriteLog(Path.of("/dev/mapper/log"));
                var state = FileChannel.open(STATE, StandardOpenOption.WRITE)) {
            while (log.hasNext()) {
                var entry = log.replay(state);
                changed |= entry.mark().isEmpty();
                done.add(entry.mark());
                if (entry.durable() && changed) {
                    changed = false;
                    if (cuts++ % EACH == 0) {
                        assertWholeAfter(done, cuts);
                        // there are many, and each takes a while
                        System.out.println("whole after cut " + cuts);
                    }
                }
            }
        }
        System.out.println("power cuts: " + cuts);
        assertThat(done).contains("box-made", "new-filled", "old-removed");
        assertThat(cuts).isGreaterThan(FEW);
    }

    /** Works on the store while all that is written is recorded. */
    private void record() throws Exception {
        run("dmsetup", "create", "log", "--table", "0 2097152 linear " + Guest.disk() + " " + SECTORS);
        var table = "0 " + SECTORS + " log-writes /dev/mapper/disk /dev/mapper/log";
        run("dmsetup", "create", "recorded", "--table", table);
        run("mount", "/dev/mapper/recorded", DISK.toString());
        test.open();
        test.box("box", "low", Map.of());
        mark("box-made");
        test.image("new", "low", "b");
        mark("new-filled");
        test.store().remove(id("old"));
        mark("old-removed");
        test.store().cleanup();
        test.close();
        run("umount", DISK.toString());
        run("dmsetup", "remove", "recorded");
    }

    private static void mark(String text) throws Exception {
        run("dmsetup", "message", "recorded", "0", "mark", text);
    }

    private void assertWholeAfter(Set<String> done, int cut) throws Exception {
        run("cp", "--sparse=always", STATE.toString(), TRIED.toString());
        run("mount", "-o", "loop", TRIED.toString(), DISK.toString());
        try {
            assertWhole(done);
            test.store().cleanup();
            test.close();
            test.assertNothingLeft();
        } catch (StorageException | AssertionError e) {
            // and nothing is cleared away: that would fail too, and hide this
            throw new AssertionError("after cut " + cut + ", when done was " + done + ": " + e, e);
        }
        // udev looks into each loop device that comes or goes, and so holds the file below it for a moment
        run("udevadm", "settle");
        run("umount", DISK.toString());
    }

    private void assertWhole(Set<String> done) throws Exception {
        test.open();
        assertThat(devices()).as("nothing but the pool is active").hasSize(1);
        assertThat(test.store().layers()).allMatch(layer -> layer.state() == Layer.State.COMPLETE);
        assertThat(test.names("low")).containsExactly("a");
        assertThat(test.store().exists(id("box")) || !done.contains("box-made")).isTrue();
        assertThat(test.store().exists(id("old")) && done.contains("old-removed"))
                .isFalse();
        for (var name : List.of("box", "old")) {
            if (test.store().exists(id(name))) {
                assertThat(test.names(name)).containsExactly("a");
            }
        }
        if (done.contains("new-filled")) {
            assertThat(test.names("new")).containsExactly("a", "b");
        } else if (test.store().exists(id("new"))) {
            // empty as it was made, or filled
            assertThat(test.names("new")).isIn(List.of("a"), List.of("a", "b"));
        }
        test.box("after", "low", Map.of());
        assertThat(test.store().changes(id("after"), Optional.of(id("low")))).isEmpty();
    }
}
