package storage.selector.news;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;
import org.osgi.service.event.EventConstants;
import storage.api.StorageConstants;
import storage.api.StorageEvents;
import storage.selector.Happening;

/**
 * Sends news through EventAdmin. The import of its package is optional: without it this component stays unsatisfied, and
 * its class is never loaded.
 */
@Component(service = NewsListener.class)
public final class EventSender implements NewsListener {
    private final EventAdmin admin;

    @Activate
    public EventSender(@Reference EventAdmin admin) {
        this.admin = admin;
    }

    @Override
    public void happened(Happening happening, Map<String, Object> more) {
        Map<String, Object> properties = new HashMap<>(more);
        properties.put(StorageConstants.STORE_NAME, happening.store());
        properties.put(
                StorageConstants.STORE_ROOT,
                happening.root().map(Path::toString).orElse(""));
        properties.put(StorageConstants.DRIVER_NAME, happening.driver());
        properties.put(StorageEvents.MESSAGE, happening.text());
        properties.put(StorageEvents.ADVICE, happening.advice());
        properties.put(EventConstants.TIMESTAMP, happening.when().toEpochMilli());
        admin.postEvent(new Event(topic(happening.kind()), properties));
    }

    private static String topic(Happening.Kind kind) {
        return switch (kind) {
            case SELECTED -> StorageEvents.SELECTED;
            case SWAPPING -> StorageEvents.SWAPPING;
            case SWAPPED -> StorageEvents.SWAPPED;
            case WITHDRAWN -> StorageEvents.WITHDRAWN;
            case BETTER_AVAILABLE -> StorageEvents.BETTER_AVAILABLE;
            case REFUSED -> StorageEvents.REFUSED;
            case LOW_SPACE -> StorageEvents.LOW_SPACE;
            case MIGRATION_PROGRESS -> StorageEvents.MIGRATION_PROGRESS;
        };
    }
}
