package storage.itest.migrate;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;

/** A process that moves, gives up or cleans, and ends at a step, as by SIGKILL. Arguments: root, work, driver, step. */
final class MigrationVictim {
    /** What a shell answers for SIGKILL. */
    static final int KILLED = 137;

    private MigrationVictim() {}

    public static void main(String[] arguments) throws Exception {
        var root = new MigratedRoot(Path.of(arguments[0]));
        var last = Integer.parseInt(arguments[3]);
        var count = new AtomicInteger();
        var migration = root.migration(step -> {
            if (count.incrementAndGet() == last) {
                System.out.println(step);
                System.out.flush();
                Runtime.getRuntime().halt(KILLED);
            }
        });
        switch (arguments[1]) {
            case "migrate" -> migration.migrate(Request.of(root.root, arguments[2]), Progress.NONE);
            case "migrate in use" -> root.migrateInUse(migration, arguments[2]);
            case "abandon" -> migration.abandon(Map.of());
            default -> throw new IllegalArgumentException(arguments[1]);
        }
    }
}
