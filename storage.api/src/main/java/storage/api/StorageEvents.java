package storage.api;

/**
 * Topics and properties of the events that tell what happens to configured stores. They are sent through EventAdmin, where
 * there is one, after the fact and in order; nobody is waited for.
 *
 * <p>Every event has the properties {@link StorageConstants#STORE_NAME}, {@link StorageConstants#STORE_ROOT},
 * {@link StorageConstants#DRIVER_NAME} (the driver after the event; the empty text if there is none), {@link #MESSAGE},
 * {@link #ADVICE} and {@code timestamp} (a Long, milliseconds since 1970).
 */
public final class StorageEvents {
    /** All of them, for {@code event.topics}. */
    public static final String ALL = "storage/store/*";

    /** A store was opened and published. */
    public static final String SELECTED = "storage/store/SELECTED";

    /** The backend is being exchanged: calls wait. Followed by {@link #SWAPPED} or {@link #WITHDRAWN}. */
    public static final String SWAPPING = "storage/store/SWAPPING";

    /** Calls go on; {@link #PREVIOUS_DRIVER} and {@link #MILLIS} tell more. */
    public static final String SWAPPED = "storage/store/SWAPPED";

    /** The store's service was taken back, because its backend did not return in time or everything is stopped. */
    public static final String WITHDRAWN = "storage/store/WITHDRAWN";

    /** {@link #BETTER_DRIVER} could work at the root and has a higher priority, but the store stays where it is. */
    public static final String BETTER_AVAILABLE = "storage/store/BETTER_AVAILABLE";

    /** A changed configuration does not take effect; the store goes on with what it had. */
    public static final String REFUSED = "storage/store/REFUSED";

    /** Less than the configured share of the root's filesystem is usable; {@link #USABLE_BYTES} tells how much. */
    public static final String LOW_SPACE = "storage/store/LOW_SPACE";

    /** A migration goes on. */
    public static final String MIGRATION_PROGRESS = "storage/store/MIGRATION_PROGRESS";

    /** Property: one sentence for people. */
    public static final String MESSAGE = "message";

    /** Property: what to do about it, the empty text if nothing needs doing. */
    public static final String ADVICE = "advice";

    /** Property of {@link #SWAPPED}: the driver before; the same after an upgrade. */
    public static final String PREVIOUS_DRIVER = "storage.driver.previous";

    /** Property of {@link #SWAPPED}, a Long: how long calls had to wait at most, in milliseconds. */
    public static final String MILLIS = "storage.swap.millis";

    /** Property of {@link #BETTER_AVAILABLE}: the other driver's name. */
    public static final String BETTER_DRIVER = "storage.driver.better";

    /** Property of {@link #LOW_SPACE}, a Long: bytes of the root's filesystem that this process may use. */
    public static final String USABLE_BYTES = "storage.usable.bytes";

    private StorageEvents() {}
}
