package storage.devmapper;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.dm.DeviceInfo;
import storage.linux.dm.DeviceMapper;
import storage.linux.dm.Target;

/** A thin pool in memory, as the kernel answers for one; outlives the stores that use it, as the kernel's does. */
final class FakeMapper implements DeviceMapper {
    final Set<Integer> devices = new TreeSet<>();
    final Map<String, Target> active = new TreeMap<>();
    final Set<Integer> busy = new TreeSet<>();
    final Set<String> nodes = new TreeSet<>();
    long transaction;
    long dataUsed;
    String mode = "rw";

    /** Stands for the end of the process: what it would still do is not done. */
    boolean dead;

    String missing = "";

    private final String pool;

    FakeMapper(String pool) {
        this.pool = pool;
    }

    @Override
    public Optional<String> missing() {
        return missing.isEmpty() ? Optional.empty() : Optional.of(missing);
    }

    @Override
    public String libraryVersion() {
        return "1";
    }

    @Override
    public String driverVersion() {
        return "4.47.0";
    }

    @Override
    public boolean waitsForUdev() {
        return true;
    }

    @Override
    public boolean canDeferRemoval() {
        return true;
    }

    @Override
    public DeviceInfo info(String name) {
        return new DeviceInfo(name.equals(pool) || active.containsKey(name), false, true, 0, 253, 1, false);
    }

    @Override
    public Target status(String name) {
        var text = transaction + " 100/4096 " + dataUsed + "/1000 - " + mode
                + " discard_passdown queue_if_no_space - 1024";
        return new Target(0, 128_000, "thin-pool", text);
    }

    @Override
    public Target table(String name) {
        return new Target(0, 128_000, "thin-pool", "7:1 7:0 128 32768 1 skip_block_zeroing");
    }

    @Override
    public List<Long> dependencies(String name) {
        return List.of();
    }

    @Override
    public List<String> devices() {
        return List.copyOf(active.keySet());
    }

    @Override
    public void create(String name, Target target, int udev) {
        active.put(name, target);
    }

    @Override
    public void reload(String name, Target target) {}

    @Override
    public void suspend(String name) {}

    @Override
    public void resume(String name, int udev) {}

    @Override
    public void remove(String name) {
        active.remove(name);
    }

    @Override
    public void removeDeferred(String name) {
        active.remove(name);
    }

    @Override
    public void cancelDeferredRemoval(String name) {}

    @Override
    public void makeNode(String name) {
        nodes.add(name);
    }

    @Override
    public void message(String name, String message) throws IOException {
        if (dead) {
            throw new DeviceSetTest.Death();
        }
        var words = message.split(" ", -1);
        var number = Integer.parseInt(words[1]);
        switch (words[0]) {
            case "create_thin", "create_snap" -> fail(message, devices.add(number) ? 0 : Errno.EEXIST);
            case "delete" -> {
                fail(message, busy.contains(number) ? Errno.EBUSY : 0);
                fail(message, devices.remove(number) ? 0 : Errno.ENODATA);
            }
            case "set_transaction_id" -> {
                fail(message, transaction == number ? 0 : Errno.EINVAL);
                transaction = Integer.parseInt(words[2]);
            }
            default -> throw new IllegalArgumentException(message);
        }
    }

    private static void fail(String message, int errno) throws IOException {
        if (errno != 0) {
            throw new SyscallException("dm message", message, errno);
        }
    }

    @Override
    public void log(Log log) {}

    @Override
    public void journal(Cookies cookies) {}

    @Override
    public void complete(int cookie) {}
}
