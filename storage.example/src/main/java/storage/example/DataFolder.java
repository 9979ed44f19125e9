package storage.example;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.Mount;
import storage.api.StorageException;

/** The data folder of an application: a layer to write to, standing on its snapshots. In a shell: data:snapshot. */
@Component(
        service = DataFolder.class,
        immediate = true, // stays mounted while nobody looks
        property = {
            "osgi.command.scope=data",
            "osgi.command.function=path",
            "osgi.command.function=snapshot",
            "osgi.command.function=rollBack"
        })
public final class DataFolder {
    private final LayerStore store;
    private Mount folder;

    @Activate
    public DataFolder(@Reference(target = "(storage.name=default)") LayerStore store) throws StorageException {
        this.store = store;
        var newest = store.layers().stream()
                .map(Layer::id)
                .filter(id -> id.value().startsWith("data-"))
                .max(Comparator.comparingInt(DataFolder::number));
        if (newest.isEmpty()) {
            store.createReadWrite(new LayerId("data-1"), Optional.empty(), LayerOptions.NONE);
        }
        folder = store.mount(newest.orElse(new LayerId("data-1")));
    }

    /** Where the application writes. Ask again after a snapshot and after a way back. */
    public synchronized Path path() {
        return folder.path();
    }

    /** Keeps what is there; the application goes on in a layer above it. Answers the name of the snapshot. */
    public synchronized String snapshot() throws StorageException {
        var snapshot = folder.layer();
        standOn(snapshot);
        return snapshot.value();
    }

    /** Shows what a snapshot shows; what was written since is gone. */
    public synchronized void rollBack(String snapshot) throws StorageException {
        var givenUp = folder.layer();
        standOn(new LayerId(snapshot));
        store.remove(givenUp);
    }

    private void standOn(LayerId snapshot) throws StorageException {
        var next = new LayerId("data-" + (number(folder.layer()) + 1));
        folder.close();
        store.createReadWrite(next, Optional.of(snapshot), LayerOptions.NONE);
        folder = store.mount(next);
    }

    private static int number(LayerId id) {
        return Integer.parseInt(id.value().substring("data-".length()));
    }

    @Deactivate
    void close() throws StorageException {
        folder.close();
    }
}
