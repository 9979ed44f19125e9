package storage.devmapper;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What the engine records of the whole set, {@code metadata/deviceset-metadata}.
 *
 * @param nextDeviceId the number of a device that was handed out last, whatever the name says
 * @param baseUuid of the base device's filesystem, empty if there is none yet
 * @param baseFilesystem its type
 */
record SetRecord(
        @JsonProperty("next_device_id") int nextDeviceId,
        @JsonProperty("BaseDeviceUUID") String baseUuid,
        @JsonProperty("BaseDeviceFilesystem") String baseFilesystem) {
    static final SetRecord NEW = new SetRecord(0, "", "");

    SetRecord {
        baseUuid = baseUuid == null ? "" : baseUuid;
        baseFilesystem = baseFilesystem == null ? "" : baseFilesystem;
    }

    SetRecord withNext(int id) {
        return new SetRecord(id, baseUuid, baseFilesystem);
    }

    SetRecord withBase(String uuid, String filesystem) {
        return new SetRecord(nextDeviceId, uuid, filesystem);
    }
}
