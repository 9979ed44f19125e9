package storage.testkit.store;

import java.util.List;
import java.util.function.UnaryOperator;
import storage.api.IdMaps;
import storage.linux.Syscalls;
import storage.testkit.linux.NoOpenat2;

/**
 * One combination of what a store can be used with.
 *
 * @param filesystem the kind that the root lies on, for {@link storage.testkit.TestFilesystems}
 * @param kernel the system calls that the store makes
 * @param ids how ids inside of layers map to the host's; root is root in all of them
 * @param rootName the name of the data root
 * @param variant of the backend, by a name that its tests know; mostly empty
 */
public record Setting(String filesystem, Kernel kernel, Ids ids, String rootName, String variant) {
    public Setting(String filesystem, Kernel kernel, Ids ids, String rootName) {
        this(filesystem, kernel, ids, rootName, "");
    }

    /** A name with all that mount options and the mount table write in their own way. */
    public static final String ODD = "a b:c,d\\e";

    public static final String PLAIN = "root";

    /** What a test has that asks for nothing. */
    public static final Setting USUAL = new Setting("", Kernel.WHOLE, Ids.SAME, PLAIN);

    /**
     * A kernel.
     *
     * @param form what makes it of the one at hand
     */
    public record Kernel(String name, UnaryOperator<Syscalls> form) {
        public static final Kernel WHOLE = new Kernel("", UnaryOperator.identity());
        public static final Kernel WITHOUT_OPENAT2 = new Kernel("without openat2", NoOpenat2::around);
    }

    /** Maps of ids. */
    public enum Ids {
        SAME(IdMaps.IDENTITY),
        SHIFTED(shifted());

        @SuppressWarnings("ImmutableEnumChecker") // it is a record of immutable lists
        private final IdMaps maps;

        Ids(IdMaps maps) {
            this.maps = maps;
        }

        public IdMaps maps() {
            return maps;
        }

        /** All but root lie elsewhere, so that tests, which work as root, can write as if they were inside. */
        private static IdMaps shifted() {
            var ranges = List.of(new IdMaps.Range(0, 0, 1), new IdMaps.Range(1, 100_001, 4_000_000));
            return new IdMaps(ranges, ranges);
        }
    }

    @Override
    public String toString() {
        var text = new StringBuilder(filesystem.isEmpty() ? "folder" : filesystem);
        if (!kernel.name().isEmpty()) {
            text.append(", kernel ").append(kernel.name());
        }
        if (ids != Ids.SAME) {
            text.append(", shifted ids");
        }
        if (!rootName.equals(PLAIN)) {
            text.append(", odd root");
        }
        if (!variant.isEmpty()) {
            text.append(", ").append(variant);
        }
        return text.toString();
    }
}
