package storage.image.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import storage.api.StorageException;
import storage.common.archive.ArchiveLimits;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.flow.Packed;
import storage.image.meta.Bad;

/** Opens whatever an image comes in: a folder, a tar file, a stream, compressed or not; and tells which form it has. */
public final class Sources {
    private static final int BUFFER = 128 << 10;

    private final Scratch scratch;
    private final ArchiveLimits limits;

    /**
     * @param scratch where streams are kept while they are read
     * @param limits how large they may be
     */
    public Sources(Scratch scratch, ArchiveLimits limits) {
        this.scratch = scratch;
        this.limits = limits;
    }

    /** Opens a folder, a file, or what can only be read once, such as a named pipe. */
    public Members open(Path source, Progress progress) throws IOException {
        if (Files.isDirectory(source)) {
            return new FolderMembers(source);
        }
        if (!Files.exists(source)) {
            throw Bad.missing("There is no file or folder " + source, "Check the path of the archive");
        }
        if (!Files.isRegularFile(source)) {
            try (var in = Files.newInputStream(source)) {
                return open(in, progress);
            }
        }
        var channel = FileChannel.open(source, StandardOpenOption.READ);
        try {
            var packed = probe(channel);
            if (packed == Packed.NONE) {
                return TarMembers.open(channel);
            }
            try (channel) {
                return spool(packed.unpack(new Slice(channel, 0, channel.size(), false), limits), progress);
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Opens a stream, which is read to its end. */
    public Members open(InputStream source, Progress progress) throws IOException {
        return spool(Packed.any(source, limits), progress);
    }

    private static Packed probe(FileChannel channel) throws IOException {
        var first = ByteBuffer.allocate(Packed.PROBE);
        while (first.hasRemaining() && channel.read(first, first.position()) >= 0) {
            // a short file has less
        }
        return Packed.of(first.array(), first.position());
    }

    private Members spool(InputStream in, Progress progress) throws IOException {
        var file = scratch.file();
        try {
            var out = Channels.newOutputStream(file);
            var buffer = new byte[BUFFER];
            var done = 0L;
            for (var count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
                done += count;
                if (done > limits.maxBytes()) {
                    throw StorageException.of(
                            StorageException.Kind.LIMIT_EXCEEDED,
                            "The archive has more than " + limits.maxBytes() + " bytes",
                            "If it is to be trusted, raise the limit: --opt archive.max_bytes=SIZE");
                }
                progress.at("reading the archive", done, -1);
            }
        } catch (ClosedByInterruptException e) {
            throw Bad.interrupted("reading the archive").causedBy(e);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        return TarMembers.open(file);
    }

    /** This machine's architecture, as images have it. */
    public static String hostArchitecture() {
        return Platform.host().architecture();
    }

    /** The images in a source that are to be brought in, by the form that the source has. */
    public static List<Candidate> images(Members members, ImportOptions options) throws IOException {
        if (members.find(OciLayout.INDEX).isPresent()) {
            return new OciLayout(members, options).images();
        }
        if (members.find(DockerArchive.MANIFEST).isPresent()) {
            return new DockerArchive(members, options).images();
        }
        if (members.find("repositories").isPresent()) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "The archive is of a docker older than 1.10, without manifest.json",
                    "Load it into a newer engine and save it there again");
        }
        throw StorageException.of(
                StorageException.Kind.BAD_ARCHIVE,
                "The source is neither an OCI layout (index.json) nor a docker archive (manifest.json)",
                "Write one with 'docker save', 'podman save' or 'skopeo copy'");
    }
}
