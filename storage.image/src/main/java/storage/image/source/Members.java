package storage.image.source;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import storage.api.StorageException;
import storage.image.meta.Bad;
import storage.image.meta.Shown;

/** The files of an image archive, whatever holds them, in any order and as often as needed. */
public interface Members extends Closeable {
    /** The file of a name; links within the archive are followed. */
    Optional<Member> find(String name) throws IOException;

    /** The content of a file; the caller closes it. Its {@code available} is positive up to the end. */
    InputStream open(Member member) throws IOException;

    /** A file that has to be there. */
    default Member need(String name) throws IOException {
        return find(name).orElseThrow(() -> Bad.archive("The archive has no file %s", Shown.text(name)));
    }

    /**
     * A whole file.
     *
     * @throws StorageException LIMIT_EXCEEDED if it is larger than {@code limit} bytes
     */
    default byte[] read(Member member, int limit) throws IOException {
        if (member.size() > limit) {
            throw Bad.limit(
                    "The file %s of the archive has %d bytes, %d are the most",
                    Shown.text(member.name()), member.size(), limit);
        }
        try (var in = open(member)) {
            var bytes = in.readNBytes((int) member.size());
            if (bytes.length < member.size()) {
                throw Bad.archive("The file %s of the archive is cut off", Shown.text(member.name()));
            }
            return bytes;
        }
    }
}
