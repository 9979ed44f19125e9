package storage.testkit;

/**
 * How long tests wait for what should come at once: bounds that end a test that hangs, far beyond what anything takes. Where
 * everything is slow, as under emulation, they are multiplied.
 */
public final class Patience {
    /** System property: the factor, a whole number. */
    public static final String PROPERTY = "storage.test.patience";

    private static final int FACTOR = Math.max(1, Integer.getInteger(PROPERTY, 1));

    private Patience() {}

    /** @param usual what is enough on any machine of its own, in seconds */
    public static long seconds(long usual) {
        return usual * FACTOR;
    }
}
