package storage.testkit.store;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.linux.Linux;
import storage.linux.Syscalls;

/** A process of its own that works on a store until it is killed. Arguments: driver class, root, work, layer, ids, options. */
final class Victim {
    private Victim() {}

    public static void main(String[] arguments) throws Exception {
        var constructor =
                Class.forName(arguments[0]).asSubclass(GraphDriver.class).getDeclaredConstructor(Syscalls.class);
        constructor.setAccessible(true);
        var options = new HashMap<String, String>();
        for (var i = 5; i < arguments.length; i++) {
            var pair = arguments[i].split("=", 2);
            options.put(pair[0], pair[1]);
        }
        var ids = Setting.Ids.valueOf(arguments[4]).maps();
        var home = new DriverHome(Path.of(arguments[1]), options, ids, StoreInfo.Access.WRITE);
        var store = constructor.newInstance(Linux.syscalls()).open(home);
        var layer = new LayerId(arguments[3]);
        switch (arguments[2]) {
            case "hold" -> say(store.get(layer, "").toString());
            case "open" -> say("open");
            case "fill" -> {
                store.create(layer, Optional.empty(), LayerOptions.NONE);
                say("filling");
                store.applyDiff(layer, System.in);
                say("filled");
            }
            default -> throw new IllegalArgumentException(arguments[2]);
        }
        // until it is killed, or the test is gone
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
