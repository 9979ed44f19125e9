package storage.devmapper;

import java.io.IOException;
import java.util.Map;
import storage.api.LayerStore;
import storage.linux.Linux;
import storage.linux.dm.DeviceMapper;
import storage.loopback.KernelLoopDevices;

/** A process that works on the store of {@link GuestStore} and ends at a certain step, as if it were killed there. */
final class Victim {
    static final int KILLED = 137;

    private static int left;

    private Victim() {}

    /** Arguments: at which step, and what to do. */
    public static void main(String[] arguments) throws Exception {
        var test = new GuestStore();
        if (arguments[1].equals("resize")) {
            test.with("dm.loopdatasize", "2g");
        }
        var steps = Integer.parseInt(arguments[0]);
        if (arguments[1].equals("open") || arguments[1].equals("resize")) {
            left = steps;
        }
        var linux = Linux.syscalls();
        var driver = new DevmapperDriver(linux, DeviceMapper.system(), new KernelLoopDevices(linux), Victim::reached);
        try (var store = driver.open(test.home())) {
            left = steps;
            work(store, arguments[1]);
            left = 0;
        }
    }

    private static void work(LayerStore store, String what) throws IOException {
        var below = java.util.Optional.of(GuestStore.id("low"));
        switch (what) {
            case "create" ->
                store.createReadWrite(
                        GuestStore.id("box"), below, storage.api.LayerOptions.storage(Map.of("size", "80m")));
            case "remove" -> store.remove(GuestStore.id("old"));
            default -> left = 0;
        }
    }

    private static void reached(String step) {
        if (left > 0 && --left == 0) {
            System.out.println("killed at: " + step);
            System.out.flush();
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
