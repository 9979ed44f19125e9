package storage.selector.migrate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.common.io.JsonFile;

/**
 * What tells a complete image from a later one of the same id, and from the same before it was filled: its record, which says
 * when it was created, to the nanosecond, and whether it has been filled. One that an engine has made has none; once anything
 * is done to it here, it has.
 *
 * @param record as it lies in its file; empty if there is none
 */
record LayerStamp(String record) {
    static LayerStamp of(StoreInfo info, LayerId id) throws IOException {
        var file = info.state().resolve("layers").resolve(id.value() + ".json");
        return new LayerStamp(JsonFile.content(file)
                .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                .orElse(""));
    }
}
