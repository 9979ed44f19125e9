package storage.image.sink;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;

/**
 * An image that is to be written.
 *
 * @param config what its configuration says
 * @param bytes the configuration as it is
 * @param name the name to write, empty for none
 * @param layers base first
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Outgoing(ImageConfig config, byte[] bytes, Optional<ImageName> name, List<LayerArchive> layers) {
    public Outgoing {
        layers = List.copyOf(layers);
    }

    /** When the image was made; the beginning of 1970 if that is not known, or no time that tar can hold. */
    Instant created() {
        try {
            var time = config.created()
                    .map(text -> OffsetDateTime.parse(text).toInstant())
                    .orElse(Instant.EPOCH);
            return time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time;
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    /** What the progress is told of a layer. */
    String step(int layer) {
        return "layer " + (layer + 1) + " of " + layers.size() + " "
                + layers.get(layer).entry().diff().brief();
    }
}
