package storage.itest.fuzz;

import storage.linux.MountTable;

/** Any bytes as {@code /proc/self/mountinfo}. */
public final class MountTables {
    private MountTables() {}

    public static void fuzzerTestOneInput(byte[] data) {
        var table = MountTable.parse(data);
        for (var entry : table.entries()) {
            table.at(entry.mountPoint());
            table.containing(entry.mountPoint());
            table.below(entry.mountPoint());
            table.byId(entry.id());
            table.ofType(entry.type());
            if (entry.options().isEmpty() && entry.toString().isEmpty()) {
                throw new IllegalStateException();
            }
        }
        table.isMounted("/");
    }
}
