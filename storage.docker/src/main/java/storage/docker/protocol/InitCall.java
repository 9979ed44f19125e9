package storage.docker.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import storage.docker.store.InitRecord;

/** What the engine says when it starts. */
record InitCall(
        @JsonProperty("Home") String home,
        @JsonProperty("Opts") List<String> options,
        @JsonProperty("UIDMaps") List<MappedIds> uids,
        @JsonProperty("GIDMaps") List<MappedIds> gids) {

    /** A range of ids in the engine's words. */
    record MappedIds(
            @JsonProperty("container_id") long inside,
            @JsonProperty("host_id") long outside,
            @JsonProperty("size") long size) {
        InitRecord.Ids range() {
            return new InitRecord.Ids(inside, outside, size);
        }
    }

    InitRecord record() {
        return new InitRecord(
                home,
                options == null
                        ? List.of()
                        : options.stream().map(String::valueOf).toList(),
                ranges(uids),
                ranges(gids));
    }

    private static List<InitRecord.Ids> ranges(List<MappedIds> ids) {
        return ids == null ? List.of() : ids.stream().map(MappedIds::range).toList();
    }
}
