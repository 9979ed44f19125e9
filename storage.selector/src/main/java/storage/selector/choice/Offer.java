package storage.selector.choice;

import java.util.Comparator;
import java.util.Map;
import org.osgi.framework.Constants;
import storage.api.StorageConstants;
import storage.api.driver.GraphDriver;

/**
 * A backend as its service offers it. The natural order is the one in which backends are tried.
 *
 * @param driver the service
 * @param name the value of {@code storage.driver.name}
 * @param priority the higher, the earlier
 * @param ranking {@code service.ranking}; the higher, the earlier among equal priorities
 * @param id {@code service.id}; the lower, the earlier among equal rankings
 */
public record Offer(GraphDriver driver, String name, int priority, int ranking, long id) implements Comparable<Offer> {
    private static final Comparator<Offer> ORDER = Comparator.comparingInt(Offer::priority)
            .thenComparingInt(Offer::ranking)
            .reversed()
            .thenComparingLong(Offer::id);

    /** The offer that a service with these properties makes. What the properties leave out has its default. */
    public static Offer of(GraphDriver driver, Map<String, ?> properties) {
        var name = properties.get(StorageConstants.DRIVER_NAME);
        return new Offer(
                driver,
                name instanceof String text ? text : driver.name(),
                number(properties.get(StorageConstants.PRIORITY)).intValue(),
                number(properties.get(Constants.SERVICE_RANKING)).intValue(),
                number(properties.get(Constants.SERVICE_ID)).longValue());
    }

    private static Number number(Object value) {
        return value instanceof Number number ? number : 0;
    }

    @Override
    public int compareTo(Offer other) {
        return ORDER.compare(this, other);
    }

    /** By service: two services are never the same offer, whatever they are called. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Offer offer && offer.id == id && offer.driver == driver;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }
}
