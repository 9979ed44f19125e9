package storage.common.store;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.LayerOptions;

/**
 * What is kept of one layer, as JSON. Fields may be added; none may change its meaning.
 *
 * @param parent the parent's id, null for none
 * @param kind as {@code Layer.Kind}, null in a record that does not know
 * @param label the security label given at creation
 * @param options the storage options given at creation
 * @param created when, as ISO 8601
 * @param pristineBefore see {@link Backend#pristineBefore}; null if unknown
 * @param filled whether an archive has been applied
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LayerRecord(
        String parent,
        Layer.Kind kind,
        String label,
        Map<String, String> options,
        String created,
        Long pristineBefore,
        boolean filled) {
    LayerRecord {
        // how a file says that it is not known yet
        pristineBefore = pristineBefore == null || pristineBefore == 0 ? null : pristineBefore;
        label = label == null ? "" : label;
        options = options == null ? Map.of() : Map.copyOf(options);
    }

    static LayerRecord of(Layer layer, LayerOptions options) {
        return new LayerRecord(
                layer.parent().map(LayerId::value).orElse(null),
                layer.kind(),
                options.mountLabel(),
                options.storageOptions(),
                Instant.now().toString(),
                null,
                false);
    }

    LayerRecord withPristineBefore(long nanos) {
        return new LayerRecord(parent, kind, label, options, created, nanos, filled);
    }

    LayerRecord asFilled() {
        return new LayerRecord(parent, kind, label, options, created, pristineBefore, true);
    }

    @JsonIgnore
    Optional<LayerId> parentId() {
        return Optional.ofNullable(parent).map(LayerId::new);
    }

    @JsonIgnore
    Layer.Kind kindOrDefault() {
        return kind == null ? Layer.Kind.READ_WRITE : kind;
    }

    @JsonIgnore
    LayerOptions layerOptions() {
        return new LayerOptions(label, options);
    }
}
