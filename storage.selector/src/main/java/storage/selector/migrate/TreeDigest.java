package storage.selector.migrate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.common.Xattr;
import storage.common.io.Pump;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarLimits;
import storage.common.tar.TarReader;

/**
 * A digest of everything that a layer shows: names, types, modes, owners, sizes, contents, link targets, hard links,
 * device numbers, extended attributes, and the times of everything but directories. A directory's time changes whenever
 * a name in it does, and backends that share directories with a parent cannot all keep it.
 */
final class TreeDigest {
    /** What the kernel can have at most: PATH_MAX, and XATTR_LIST_MAX with values of XATTR_SIZE_MAX (linux/limits.h). */
    static final TarLimits LIMITS = new TarLimits(1 << 20, 1 << 16, 1 << 28);

    private final MessageDigest digest = sha256();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    private TreeDigest() {}

    /** The digest of a layer's tree, in hexadecimal. */
    static String of(LayerStore store, LayerId id) throws IOException {
        try (var archive = new Pump("storage-verify", out -> store.diff(id, Optional.empty(), out))) {
            return of(archive);
        }
    }

    /** The digest of an archive of a whole tree, its entries in the order of their names. */
    static String of(InputStream archive) throws IOException {
        var tree = new TreeDigest();
        var reader = new TarReader(archive, LIMITS);
        var entry = new TarEntry();
        while (reader.next(entry)) {
            tree.entry(entry);
            for (var piece = reader.content(Long.MAX_VALUE); piece != null; piece = reader.content(Long.MAX_VALUE)) {
                tree.digest.update(piece);
            }
        }
        reader.drain(Long.MAX_VALUE);
        return HexFormat.of().formatHex(tree.digest.digest());
    }

    private void entry(TarEntry entry) {
        var directory = entry.type == TarFormat.DIRECTORY;
        text(entry.name);
        number(entry.type);
        number(entry.mode);
        number(entry.uid);
        number(entry.gid);
        number(entry.size);
        number(directory ? 0 : entry.seconds);
        number(directory ? 0 : entry.nanos);
        text(entry.link);
        number(entry.major);
        number(entry.minor);
        var xattrs = entry.xattrs.stream()
                .sorted(Comparator.comparing(Xattr::name, Arrays::compareUnsigned))
                .toList();
        number(xattrs.size());
        for (var xattr : xattrs) {
            text(xattr.name());
            text(xattr.value());
        }
    }

    /** With its length before it, so that no two trees give the same bytes. */
    private void text(byte[] bytes) {
        number(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            digest.update(bytes);
        }
    }

    private void number(long value) {
        digest.update(number.clear().putLong(value).flip());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
