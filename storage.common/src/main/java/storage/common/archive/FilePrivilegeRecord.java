package storage.common.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.common.io.AtomicFile;

/** A privilege record in memory, which can be kept in a file: one JSON object a line. */
public final class FilePrivilegeRecord implements PrivilegeRecord {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MODE = 0600;

    /** By path in {@code FileNames} convention, in the order of characters. */
    private final TreeMap<String, Attributes> byPath = new TreeMap<>();

    /** A line. Values become base64, and so do the path and the attributes' names, which need be no text. */
    private record Line(String path, int mode, long uid, long gid, long special, Map<String, byte[]> xattrs) {}

    /** An empty record. */
    public FilePrivilegeRecord() {}

    /**
     * Reads a record; a file that is missing is an empty one.
     *
     * @throws StorageException DAMAGED if the file is no record
     */
    public static FilePrivilegeRecord load(Path file) throws IOException {
        var record = new FilePrivilegeRecord();
        if (!Files.exists(file)) {
            return record;
        }
        try (var lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            String text;
            while ((text = lines.readLine()) != null) {
                var line = JSON.readValue(text, Line.class);
                Map<String, byte[]> xattrs = new HashMap<>();
                line.xattrs().forEach((name, value) -> xattrs.put(decoded(name), value));
                record.put(
                        FileNames.encode(decoded(line.path())),
                        new Attributes(line.mode(), line.uid(), line.gid(), line.special(), xattrs));
            }
        } catch (JsonProcessingException
                | java.nio.charset.CharacterCodingException
                | IllegalArgumentException
                | NullPointerException e) {
            throw StorageException.of(
                            StorageException.Kind.DAMAGED,
                            "The record of owners and devices " + file + " is cut off or is none",
                            "Remove the layer and import it again")
                    .causedBy(e);
        }
        return record;
    }

    /** Writes the record, replacing the file as a whole. */
    public void save(Path file) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (var entry : byPath.entrySet()) {
            var known = entry.getValue();
            bytes.writeBytes(JSON.writeValueAsBytes(new Line(
                    encoded(entry.getKey()),
                    known.mode(),
                    known.uid(),
                    known.gid(),
                    known.special(),
                    xattrs(known.xattrs()))));
            bytes.write('\n');
        }
        AtomicFile.write(file, bytes.toByteArray(), MODE);
    }

    private static Map<String, byte[]> xattrs(Map<String, byte[]> all) {
        Map<String, byte[]> encoded = new TreeMap<>();
        all.forEach((name, value) -> encoded.put(encoded(name), value));
        return encoded;
    }

    private static String encoded(String name) {
        return Base64.getEncoder().encodeToString(FileNames.encode(name));
    }

    private static String decoded(String name) {
        return FileNames.decode(Base64.getDecoder().decode(name));
    }

    /** Whether nothing is noted. */
    public boolean isEmpty() {
        return byPath.isEmpty();
    }

    /** How many files lack something. */
    public int size() {
        return byPath.size();
    }

    @Override
    public void put(byte[] path, Attributes attributes) {
        if (attributes.isNone()) {
            byPath.remove(FileNames.decode(path));
        } else {
            byPath.put(FileNames.decode(path), attributes);
        }
    }

    @Override
    public Optional<Attributes> get(byte[] path) {
        return Optional.ofNullable(byPath.get(FileNames.decode(path)));
    }

    @Override
    public void remove(byte[] path) {
        var name = FileNames.decode(path);
        byPath.remove(name);
        if (name.isEmpty()) {
            byPath.clear();
        } else {
            // '0' is the character after '/'
            byPath.subMap(name + "/", name + "0").clear();
        }
    }

    @Override
    public void copyTo(PrivilegeRecord other) {
        new HashMap<>(byPath).forEach((path, attributes) -> other.put(FileNames.encode(path), attributes));
    }
}
