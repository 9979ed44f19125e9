package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import storage.api.StorageException;
import storage.common.Tree;

/** Unpacks archives of tests. */
final class Unpacking {
    private Unpacking() {}

    static Unpacked unpack(Tree tree, Tar tar) throws IOException {
        return LayerUnpacker.unpack(Tree.LINUX, UnpackTarget.plain(tree.fd()), tar.stream(), UnpackOptions.DEFAULT);
    }

    static Unpacked unpack(Tree tree, byte[] archive) throws IOException {
        return LayerUnpacker.unpack(
                Tree.LINUX, UnpackTarget.plain(tree.fd()), new ByteArrayInputStream(archive), UnpackOptions.DEFAULT);
    }

    /** Asserts that an archive is refused, and answers why. */
    static String refused(Tree tree, Tar tar, StorageException.Kind kind) {
        return refused(tree, tar.bytes(), kind, ArchiveLimits.DEFAULT);
    }

    static String refused(Tree tree, byte[] archive, StorageException.Kind kind, ArchiveLimits limits) {
        var thrown = catchThrowable(() -> LayerUnpacker.unpack(
                Tree.LINUX,
                UnpackTarget.plain(tree.fd()),
                new ByteArrayInputStream(archive),
                new UnpackOptions(storage.api.IdMaps.IDENTITY, limits, java.util.Optional.empty())));
        assertThat(thrown).isInstanceOf(StorageException.class);
        assertThat(((StorageException) thrown).kind()).as(thrown.toString()).isEqualTo(kind);
        return thrown.getMessage();
    }
}
