package storage.selector.service;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.DriverHome;
import storage.selector.StoreRequest;
import storage.selector.choice.Offer;
import storage.selector.swap.MovableStore;

/** What lies in a root that a store may be moved within. */
final class Contents {
    private Contents() {}

    static DriverHome home(StoreRequest request) {
        return new DriverHome(request.root(), request.options(), request.idMaps(), request.access());
    }

    /** The same store on a driver by name. */
    static StoreRequest with(StoreRequest request, String driver) {
        return new StoreRequest(
                request.root(),
                Optional.of(driver),
                request.options(),
                request.idMaps(),
                request.access(),
                request.newStore());
    }

    /** Whether neither a layer nor an image is there. What cannot be read is not taken for nothing. */
    static boolean isEmpty(Offer offer, StoreRequest request) {
        try {
            var home = home(request);
            return offer.driver().layers(home).isEmpty()
                    && hasNothing(home.info(offer.driver()).image().resolve("imagedb/content/sha256"));
        } catch (StorageException | RuntimeException | LinkageError e) {
            return false;
        }
    }

    private static boolean hasNothing(Path folder) {
        try (var entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return true;
        } catch (IOException | DirectoryIteratorException e) {
            return false;
        }
    }

    /** A step of somebody else's: whatever it throws is told as a failure of the move. */
    static void run(MovableStore.Step step, StoreRequest request) throws StorageException {
        try {
            step.run();
        } catch (StorageException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw StorageException.of(Kind.IO, "The store at " + request.root() + " could not be moved: " + e)
                    .causedBy(e);
        }
    }
}
