package storage.api;

/** Names of service properties, capabilities and configurations, for filters and manifests. */
public final class StorageConstants {
    /** Service property of a {@code GraphDriver} and of the {@code LayerStore} on it: the unique name of the backend. */
    public static final String DRIVER_NAME = "storage.driver.name";

    /** Service property of a {@code GraphDriver}, an Integer: the higher, the earlier it is tried. */
    public static final String PRIORITY = "priority";

    /** Service property of a published {@link LayerStore}: the name that its configuration gives it. */
    public static final String STORE_NAME = "storage.name";

    /** Service property of a published {@link LayerStore}: its data root, as text. */
    public static final String STORE_ROOT = "storage.root";

    /** The {@code osgi.extender}-like capability namespace of a backend's bundle, attribute {@link #DRIVER_NAME}. */
    public static final String DRIVER_NAMESPACE = "storage.driver";

    /**
     * {@code osgi.condition.id} of the Condition that is registered while a store can be used. It stays while the backend is
     * exchanged. Conditions of stores have the properties {@link #STORE_NAME}, {@link #DRIVER_NAME} and
     * {@link #STORE_ROOT}.
     */
    public static final String CONDITION_READY = "storage.ready";

    /** {@code osgi.condition.id} of the Condition that is registered while a store's backend is exchanged: calls wait. */
    public static final String CONDITION_SWAPPING = "storage.swapping";

    /** {@code osgi.condition.id} of the Condition that is registered while a configured store is not available. */
    public static final String CONDITION_WITHDRAWN = "storage.withdrawn";

    /** {@code osgi.condition.id} of the Condition that is registered while a better backend is there than a store's. */
    public static final String CONDITION_BETTER = "storage.better-available";

    /** {@code osgi.condition.id} of the Condition that is registered while the root's filesystem is nearly full. */
    public static final String CONDITION_LOW_SPACE = "storage.low-space";

    /** Factory PID of a store's configuration: root, driver, options, name. */
    public static final String STORE_PID = "storage.store";

    private StorageConstants() {}
}
