package storage.image.source;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.common.archive.ArchiveLimits;
import storage.image.ImageStore.Progress;
import storage.image.flow.LayerInput;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;

/**
 * An image in a source.
 *
 * @param config what its configuration says
 * @param bytes the configuration as it is
 * @param layers where the layers lie, base first; as many as the configuration has
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record IncomingImage(ImageConfig config, byte[] bytes, List<Blob> layers) {
    public IncomingImage {
        layers = List.copyOf(layers);
    }

    /**
     * Where a layer lies.
     *
     * @param members the archive
     * @param member the file in it
     * @param digest the file's digest, if the source tells
     */
    public record Blob(Members members, Member member, Optional<Digest> digest) {
        /** Opens the uncompressed archive of the layer, which is checked while it is read. */
        public LayerInput open(Digest diff, ArchiveLimits limits, String step, Progress progress) throws IOException {
            return LayerInput.open(members.open(member), member.size(), digest, diff, limits, step, progress);
        }
    }

    /** Checks what both forms have in common. */
    static IncomingImage of(byte[] bytes, List<Blob> layers) throws StorageException {
        var config = ImageConfig.parse(bytes);
        if (config.diffIds().size() != layers.size()) {
            throw Bad.archive(
                    "Image %s has %d layers, but its configuration lists %d",
                    config.id().brief(), layers.size(), config.diffIds().size());
        }
        if (!config.os().equals("linux")) {
            throw StorageException.of(
                    StorageException.Kind.NOT_SUPPORTED,
                    "Image %s is for %s"
                            .formatted(config.id().brief(), storage.image.meta.Shown.text(config.platform())),
                    "Only images for linux can be used here; name another with --platform");
        }
        return new IncomingImage(config, bytes, layers);
    }
}
