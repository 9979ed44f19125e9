package storage.devmapper;

import static storage.devmapper.GuestStore.run;

import java.io.IOException;
import java.util.List;
import storage.testkit.Guest;

/** A pool as an administrator makes one: on two parts of the guest's disk, which can be made to fail. */
final class OwnPool implements AutoCloseable {
    static final String NAME = "own-pool";

    private static final long METADATA = 32768;
    private static final long DATA = 1048576;

    OwnPool() throws Exception {
        run("dmsetup", "create", "part-m", "--table", linear("part-m"));
        run("dmsetup", "create", "part-d", "--table", linear("part-d"));
        run("dd", "if=/dev/zero", "of=/dev/mapper/part-m", "bs=64k", "count=1");
        up();
    }

    /** Brings the pool up, as it was. */
    void up() throws Exception {
        var table = "0 " + DATA + " thin-pool /dev/mapper/part-m /dev/mapper/part-d 128 0 1 skip_block_zeroing";
        run("dmsetup", "create", NAME, "--table", table);
    }

    void down() throws Exception {
        run("dmsetup", "remove", NAME);
    }

    private static long sectors(String part) {
        return part.equals("part-m") ? METADATA : DATA;
    }

    private static String linear(String part) {
        return "0 " + sectors(part) + " linear " + Guest.disk() + " " + (part.equals("part-m") ? 0 : METADATA);
    }

    /** Whatever is read from a part or written to it fails from now on. */
    static void fail(String part) throws Exception {
        load(part, "0 " + sectors(part) + " error");
    }

    /** The part reads as before, and what is written to it fails. */
    static void failWrites(String part) throws Exception {
        var parts = List.of(linear(part).split(" ", -1));
        load(part, "0 " + sectors(part) + " flakey " + parts.get(3) + " " + parts.get(4) + " 0 3600 1 error_writes");
    }

    static void heal(String part) throws Exception {
        load(part, linear(part));
    }

    private static void load(String part, String table) throws Exception {
        run("dmsetup", "suspend", "--noflush", "--nolockfs", part);
        run("dmsetup", "load", part, "--table", table);
        run("dmsetup", "resume", part);
    }

    @Override
    public void close() throws IOException {
        try {
            for (var device : GuestStore.devices()) {
                run("dmsetup", "remove", "--retry", device);
            }
            down();
            run("dmsetup", "remove", "part-d");
            run("dmsetup", "remove", "part-m");
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
