package storage.api.driver;

import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;

/**
 * A backend: one way to build layered filesystems from what the kernel has.
 *
 * <p>A bundle registers one service per backend, with the properties {@value storage.api.StorageConstants#DRIVER_NAME}
 * and {@value storage.api.StorageConstants#PRIORITY}. Ties of priority go by {@code service.ranking}, then the lowest
 * {@code service.id}. The service itself holds no state of any store: one instance serves every store of the framework.
 *
 * <p>Optional abilities are not added here but as small interfaces that the opened store offers
 * ({@link LayerStore#ability}).
 */
@ConsumerType
public interface GraphDriver {
    /** The unique name, such as {@code overlay2}: lower-case letters and digits. */
    String name();

    /** The name of the home folder below a data root. The engine's, which is not always the driver's. */
    default String homeName() {
        return name();
    }

    /**
     * Judges whether this backend can work on a home, leaving nothing behind: no folder, mount, device or loaded state.
     * A home that does not exist is judged by its nearest existing ancestor.
     *
     * @return never null; what went wrong is a verdict too, this method does not throw
     */
    Verdict check(DriverHome home);

    /**
     * The layers in a home, in whatever state; what merely opening creates is no layer. Does not open or change
     * anything; a home that does not exist has none.
     *
     * @throws StorageException if the home cannot be read
     */
    Set<LayerId> layers(DriverHome home) throws StorageException;

    /**
     * Opens a home. With write access, creates it where missing, puts its modes right, and repairs what a crash left.
     * Always adopts what it finds mounted.
     *
     * @throws StorageException what {@link #check} would have answered, LOCKED if another process writes to the home,
     *     INVALID for options it does not know, DAMAGED if the home cannot be relied on
     */
    LayerStore open(DriverHome home) throws StorageException;
}
