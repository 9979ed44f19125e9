package storage.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.image.ImageStore;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;

/** What the tests of this package have in common: a root, a layer store that needs no privilege, three layers. */
abstract class ImageStoreTest {
    static final byte[] BASE = Archives.layer("etc/", "", "etc/motd", "hello\n", "bin/", "", "bin/sh", "#!\n");
    static final byte[] MIDDLE =
            Archives.layer("etc/", "", "etc/.wh.motd", "", "srv/", "", "srv/app", "x".repeat(3000));
    static final byte[] TOP = Archives.layer("srv/app", "changed");
    static final ImportOptions ANY = new ImportOptions(Optional.empty(), Optional.empty());

    @TempDir
    Path temp;

    Path root;
    FolderLayers layers;
    ImageStore images;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(temp.resolve("root"));
        reopen();
    }

    void reopen() throws StorageException {
        layers = FolderLayers.at(root);
        images = StoredImages.over(layers);
    }

    static ImportOptions as(String name) {
        return new ImportOptions(Optional.of(name), Optional.empty());
    }

    List<Image> bring(byte[] archive) throws IOException {
        return bring(archive, ANY);
    }

    List<Image> bring(byte[] archive, ImportOptions options) throws IOException {
        return images.importFrom(new ByteArrayInputStream(archive), options, Progress.NONE);
    }

    Image bring(String name, byte[]... blobs) throws IOException {
        return bring(Archives.layout(name, List.of(blobs)).tar()).get(0);
    }

    byte[] export(String reference, Format format, Compression compression) throws IOException {
        var out = new ByteArrayOutputStream();
        images.export(reference, format, compression, out, Progress.NONE);
        return out.toByteArray();
    }

    void isClean() throws IOException {
        assertThat(FolderLayers.tree(root.resolve("fake"))).isEmpty();
        assertThat(FolderLayers.tree(root.resolve("image"))).noneMatch(file -> file.startsWith("fake/layerdb"));
        assertThat(FolderLayers.tree(root.resolve("storage"))).isEmpty();
    }

    static void refused(ThrowingCallable call, Kind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).as(e.toString()).isEqualTo(kind));
    }
}
