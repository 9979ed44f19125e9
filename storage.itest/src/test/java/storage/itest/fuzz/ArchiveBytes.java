package storage.itest.fuzz;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import storage.api.IdMaps;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.TarSplit;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.store.TreeFiles;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.testkit.tree.TreeMaker;

/**
 * Any bytes as a layer archive. What is unpacked without a refusal has to come out byte for byte, from its record and the
 * files.
 */
public final class ArchiveBytes {
    private static final int BLOCK = 512;
    private static final int CHECKSUM = 148;
    private static final int MAGIC = 257;

    private static final Arena ARENA = new Arena();
    private static final UnpackOptions OPTIONS = new UnpackOptions(
            IdMaps.IDENTITY,
            ArchiveLimits.DEFAULT.withMaxBytes(1 << 22).withMaxEntries(2000).withMaxDepth(200),
            java.util.Optional.empty());

    private ArchiveBytes() {}

    public static void fuzzerTestOneInput(byte[] data) {
        var archive = summed(data);
        ARENA.run(() -> {
            var root = Files.createDirectory(ARENA.folder.resolve("root"));
            try {
                unpack(archive);
            } finally {
                new TreeMaker(ARENA.linux, ARENA.folder)
                        .remove(root.getFileName().toString());
            }
        });
    }

    private static void unpack(byte[] archive) throws IOException {
        var record = new ByteArrayOutputStream();
        boolean replaced;
        try (var root = Fd.directory(ARENA.linux, PathBytes.text(ARENA.folder.resolve("root")));
                var in = TarSplit.recording(new ByteArrayInputStream(archive), record)) {
            LayerUnpacker.unpack(ARENA.linux, UnpackTarget.plain(root.number()), in, OPTIONS);
            replaced = in.isIncomplete();
        }
        if (replaced) {
            return;
        }
        var again = new ByteArrayOutputStream();
        var files = Fd.directory(ARENA.linux, PathBytes.text(ARENA.folder.resolve("root")));
        try (var tree = new TreeFiles(ARENA.linux, files)) {
            TarSplit.reassemble(new ByteArrayInputStream(record.toByteArray()), tree, again);
        }
        if (!Arrays.equals(again.toByteArray(), archive)) {
            throw new IllegalStateException("another archive comes out than went in");
        }
    }

    /** With right check sums, which a fuzzer would hardly find. */
    private static byte[] summed(byte[] data) {
        var archive = data.clone();
        for (var at = 0; at + BLOCK <= archive.length; at += BLOCK) {
            if (archive[at + MAGIC] == 'u' && archive[at + MAGIC + 1] == 's') {
                Arrays.fill(archive, at + CHECKSUM, at + CHECKSUM + 8, (byte) ' ');
                var sum = 0;
                for (var i = at; i < at + BLOCK; i++) {
                    sum += archive[i] & 0xff;
                }
                var text = String.format("%06o", sum);
                for (var i = 0; i < 6; i++) {
                    archive[at + CHECKSUM + i] = (byte) text.charAt(i);
                }
                archive[at + CHECKSUM + 6] = 0;
            }
        }
        return archive;
    }
}
