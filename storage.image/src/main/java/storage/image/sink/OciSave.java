package storage.image.sink;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Progress;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.Json;
import storage.image.source.Scratch;

/**
 * Writes an OCI image layout. A blob's name is its digest and stands before it in the archive: compressed layers go
 * through a temporary file, plain ones have the digest that is known.
 */
public final class OciSave {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String INDEX = "application/vnd.oci.image.index.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
    private static final String BLOBS = "blobs/sha256/";

    private final Outgoing image;
    private final Compression compression;
    private final Scratch scratch;
    private final Set<Digest> written = new HashSet<>();

    public OciSave(Outgoing image, Compression compression, Scratch scratch) {
        this.image = image;
        this.compression = compression;
        this.scratch = scratch;
    }

    /** Writes the archive; leaves the stream open. */
    public void writeTo(OutputStream out, Progress progress) throws IOException {
        try (var tar = new TarSink(out, progress)) {
            tar.file(
                    "oci-layout",
                    Instant.EPOCH,
                    "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.US_ASCII));
            tar.folder("blobs", Instant.EPOCH);
            tar.folder("blobs/sha256", Instant.EPOCH);
            var manifest = Json.newObject();
            manifest.put("schemaVersion", 2).put("mediaType", MANIFEST);
            manifest.set("config", blob(tar, CONFIG, image.bytes()));
            var layers = manifest.putArray("layers");
            for (var i = 0; i < image.layers().size(); i++) {
                layers.add(compression == Compression.NONE ? plain(tar, i) : compressed(tar, i, progress));
            }
            var index = Json.newObject();
            index.put("schemaVersion", 2).put("mediaType", INDEX);
            index.putArray("manifests").add(described(blob(tar, MANIFEST, Json.bytes(manifest))));
            tar.file("index.json", Instant.EPOCH, Json.bytes(index));
            tar.finish();
        }
    }

    private ObjectNode described(ObjectNode descriptor) {
        var platform = descriptor.putObject("platform");
        platform.put("architecture", image.config().architecture());
        platform.put("os", image.config().os());
        if (!image.config().variant().isEmpty()) {
            platform.put("variant", image.config().variant());
        }
        image.name()
                .ifPresent(name -> descriptor
                        .putObject("annotations")
                        .put("io.containerd.image.name", name.full())
                        .put("org.opencontainers.image.ref.name", name.toString()));
        return descriptor;
    }

    private ObjectNode blob(TarSink tar, String type, byte[] bytes) throws IOException {
        var digest = Digest.ofBytes(bytes);
        if (written.add(digest)) {
            tar.file(BLOBS + digest.hex(), Instant.EPOCH, bytes);
        }
        return descriptor(type, digest, bytes.length);
    }

    private ObjectNode plain(TarSink tar, int index) throws IOException {
        var layer = image.layers().get(index);
        var digest = layer.entry().diff();
        var size = layer.size();
        if (written.add(digest)) {
            tar.file(BLOBS + digest.hex(), Instant.EPOCH, size, image.step(index), layer::writeTo);
        }
        return descriptor(LAYER, digest, size);
    }

    private ObjectNode compressed(TarSink tar, int index, Progress progress) throws IOException {
        try (var file = scratch.file()) {
            var digest = compress(image.layers().get(index), file, image.step(index), progress);
            var size = file.position();
            if (written.add(digest)) {
                file.position(0);
                tar.file(BLOBS + digest.hex(), Instant.EPOCH, size, image.step(index), Channels.newInputStream(file));
            }
            return descriptor(compression == Compression.GZIP ? LAYER + "+gzip" : LAYER + "+zstd", digest, size);
        } catch (ClosedByInterruptException e) {
            throw Bad.interrupted("exporting an image").causedBy(e);
        }
    }

    private Digest compress(LayerArchive layer, FileChannel file, String step, Progress progress) throws IOException {
        var digesting = new DigestOutputStream(
                new BufferedOutputStream(Channels.newOutputStream(file), 1 << 16), Digest.hasher("sha256"));
        progress.at("compressing " + step, 0, -1);
        var unclosed = new Unclosed(digesting);
        try (var out = compression == Compression.GZIP
                ? new GZIPOutputStream(unclosed, 1 << 16)
                : new ZstdOutputStreamNoFinalizer(unclosed)) {
            layer.writeTo(out);
        }
        digesting.flush();
        return Digest.of("sha256", digesting.getMessageDigest().digest());
    }

    private static ObjectNode descriptor(String type, Digest digest, long size) {
        return Json.newObject()
                .put("mediaType", type)
                .put("digest", digest.toString())
                .put("size", size);
    }

    /** Flushed instead of closed. */
    private static final class Unclosed extends java.io.FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
