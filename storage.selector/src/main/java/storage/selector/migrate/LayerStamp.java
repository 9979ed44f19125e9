package storage.selector.migrate;

import java.io.IOException;
import java.util.Arrays;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.JsonFile;

/**
 * What tells a complete image from a later one of the same id, and from the same before it was filled: its record, which says
 * when it was created, to the nanosecond, and whether it has been filled. One that an engine has made has none; once anything
 * is done to it here, it has.
 */
final class LayerStamp {
    private final byte[] record;

    private LayerStamp(byte[] record) {
        this.record = record;
    }

    static LayerStamp of(StoreInfo info, LayerId id) throws IOException {
        var file = info.state().resolve("layers").resolve(id.value() + ".json");
        return new LayerStamp(JsonFile.content(file).orElse(new byte[0]));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LayerStamp stamp && Arrays.equals(record, stamp.record);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(record);
    }
}
