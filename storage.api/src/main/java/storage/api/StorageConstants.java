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

    /** {@code osgi.condition.id} of the Condition that is registered while a store can be used. */
    public static final String CONDITION_READY = "storage.ready";

    /** Factory PID of a store's configuration: root, driver, options, name. */
    public static final String STORE_PID = "storage.store";

    private StorageConstants() {}
}
