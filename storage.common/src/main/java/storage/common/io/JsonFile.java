package storage.common.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import storage.api.StorageException;

/**
 * Records as small JSON files. Fields that a record does not know are passed over, so that an older runtime reads what a
 * newer one wrote; a file that is no JSON, or is cut off, is damage and names itself.
 */
public final class JsonFile {
    /** The largest file that is read, in bytes: ours are far smaller, and a foreign one must not fill the memory. */
    private static final int LIMIT = 16 << 20;

    /**
     * A mapper remembers every class it has bound, for as long as it lives. So each class has its own, which goes with the
     * class when its bundle is updated, with a type factory of its own, because the default one is everybody's.
     */
    private static final ClassValue<JsonMapper> MAPPERS = new ClassValue<>() {
        @Override
        protected JsonMapper computeValue(Class<?> type) {
            return JsonMapper.builder()
                    .typeFactory(TypeFactory.createDefaultInstance())
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .build();
        }
    };

    private JsonFile() {}

    /**
     * Reads a record.
     *
     * @param type a record or another type that Jackson can bind
     * @return empty if there is no such file
     * @throws StorageException DAMAGED if the content is not what it should be
     */
    public static <T> Optional<T> read(Path file, Class<T> type) throws IOException {
        var content = content(file);
        return content.isEmpty() ? Optional.empty() : Optional.of(parse(file, content.get(), type));
    }

    /**
     * What a file of a record holds, as it is; empty if there is no such file.
     *
     * @throws StorageException DAMAGED if it is larger than any record
     */
    public static Optional<byte[]> content(Path file) throws IOException {
        // not java.nio, whose reads fail in a thread whose interrupt flag is set
        try (var in = new FileInputStream(file.toFile())) {
            var content = in.readNBytes(LIMIT + 1);
            if (content.length > LIMIT) {
                throw damaged(file, "is larger than any file of its kind");
            }
            return Optional.of(content);
        } catch (FileNotFoundException e) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Reads a record from the content of a file.
     *
     * @throws StorageException DAMAGED if the content is not what it should be
     */
    public static <T> T parse(Path file, byte[] content, Class<T> type) throws StorageException {
        if (content.length == 0) {
            throw damaged(file, "is empty");
        }
        try {
            var value = MAPPERS.get(type).readValue(content, type);
            if (value == null) {
                throw damaged(file, "holds nothing");
            }
            return value;
        } catch (JsonProcessingException e) {
            // what the parser says is for those who ask for causes
            throw damaged(file, "is cut off or no JSON of its kind").causedBy(e);
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(file, "cannot be read as JSON").causedBy(e);
        }
    }

    /** Writes a record; on disk when the call returns. Mode 0600. */
    public static void write(Path file, Object record) throws IOException {
        AtomicFile.write(file, bytes(record), 0600);
    }

    /** Writes a record atomically; the folder is not synced, see {@link AtomicFile#writeUnsynced}. Mode 0600. */
    public static void writeUnsynced(Path file, Object record) throws IOException {
        AtomicFile.writeUnsynced(file, bytes(record), 0600);
    }

    /** Writes a record that ends with the boot, see {@link AtomicFile#writeForThisBoot}. Mode 0600. */
    public static void writeForThisBoot(Path file, Object record) throws IOException {
        AtomicFile.writeForThisBoot(file, bytes(record), 0600);
    }

    /** A record as JSON, one line. */
    public static byte[] bytes(Object record) throws IOException {
        var json = MAPPERS.get(record.getClass()).writeValueAsBytes(record);
        var line = java.util.Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private static StorageException damaged(Path file, String how) {
        return StorageException.of(
                StorageException.Kind.DAMAGED,
                "The file " + file + " " + how,
                "Restore it from a backup, or run 'storage check --repair', which sets it aside");
    }
}
