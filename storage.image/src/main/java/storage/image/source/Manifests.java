package storage.image.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import storage.api.StorageException;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.meta.Json;
import storage.image.meta.Shown;

/** The indexes and manifests of a layout, verified one by one. */
final class Manifests {
    /** The largest index or manifest, in bytes. */
    static final int LARGEST = 4 << 20;

    private static final int DEEPEST = 8;
    private static final int MOST = 1024;
    private static final Set<String> INDEXES = Set.of(
            "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json");
    private static final Set<String> IMAGES = Set.of(
            "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json");
    private static final Set<String> CONFIGS =
            Set.of("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json");
    private static final List<String> LAYERS =
            List.of("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.");

    private final Members members;
    private int visited;

    Manifests(Members members) {
        this.members = members;
    }

    /**
     * The manifest of one image.
     *
     * @param descriptor what leads to it
     * @param digest its digest
     * @param names the names that the layout gives it
     * @param platform empty if no index tells
     */
    record Found(JsonNode descriptor, Digest digest, List<ImageName> names, Optional<Platform> platform) {
        boolean isTold() {
            return platform.isPresent();
        }
    }

    /** Adds all images that a descriptor of the layout's index leads to. */
    void collect(JsonNode descriptor, List<Found> found) throws IOException {
        var names = OciLayout.names(Json.child(descriptor, "annotations", OciLayout.INDEX));
        collect(descriptor, names, found, new HashSet<>(), OciLayout.INDEX);
    }

    private void collect(JsonNode descriptor, List<ImageName> names, List<Found> found, Set<Digest> path, String where)
            throws IOException {
        if (++visited > MOST) {
            throw Bad.limit("The layout has more than %d manifests", MOST);
        }
        var digest = Digest.parse(Json.needed(descriptor, "digest", where), where);
        if (isAttestation(descriptor)) {
            return;
        }
        var type = Json.text(descriptor, "mediaType", where).orElse("");
        if (IMAGES.contains(type)) {
            found.add(new Found(descriptor, digest, names, told(descriptor, where)));
            return;
        }
        if (!INDEXES.contains(type) && !type.isEmpty()) {
            if (type.startsWith("application/vnd.docker.distribution.manifest.v1")) {
                throw unsupported("The layout has a manifest of the old form, schema 1");
            }
            return; // signatures and other things that are no image
        }
        if (path.size() == DEEPEST || !path.add(digest)) {
            throw Bad.archive("The indexes of the layout lead in a circle or deeper than %d", DEEPEST);
        }
        var document = document(descriptor, where);
        if (type.isEmpty() && document.has("layers")) {
            found.add(new Found(descriptor, digest, names, told(descriptor, where)));
        } else {
            var what = "The index " + digest.brief();
            for (var child : Json.elements(document, "manifests", what)) {
                collect(child, names, found, path, what);
            }
        }
        path.remove(digest);
    }

    /** Build records that builders put beside images look like images of the platform {@code unknown/unknown}. */
    private static boolean isAttestation(JsonNode descriptor) {
        return descriptor.path("annotations").has("vnd.docker.reference.type")
                || descriptor.path("platform").path("os").asText().equals("unknown");
    }

    private static Optional<Platform> told(JsonNode descriptor, String where) throws IOException {
        var platform = Json.child(descriptor, "platform", where);
        var architecture = Json.text(platform, "architecture", where);
        if (architecture.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Platform(
                Json.text(platform, "os", where).orElse("linux"),
                architecture.get(),
                Json.text(platform, "variant", where).orElse("")));
    }

    /** The platform of an image that no index tells: from its configuration. */
    Platform platform(Found found) throws IOException {
        var config = ImageConfig.parse(
                config(manifest(found), "The manifest " + found.digest().brief()));
        return new Platform(config.os(), config.architecture(), config.variant());
    }

    /** The manifest itself. */
    ObjectNode manifest(Found found) throws IOException {
        return document(found.descriptor(), OciLayout.INDEX);
    }

    /** The configuration that a manifest leads to. */
    byte[] config(JsonNode manifest, String what) throws IOException {
        var descriptor = Json.child(manifest, "config", what);
        var type = Json.text(descriptor, "mediaType", what);
        if (type.isPresent() && !CONFIGS.contains(type.get())) {
            throw unsupported(what + " is not of a container image but of " + Shown.text(type.get()));
        }
        return blob(descriptor, ImageConfig.LARGEST, what);
    }

    /** Refuses a layer that no unpacker can read. */
    static void checkLayer(JsonNode descriptor, String what) throws IOException {
        var type = Json.text(descriptor, "mediaType", what).orElse(LAYERS.get(0));
        if (type.endsWith("+encrypted")) {
            throw unsupported(what + " has an encrypted layer");
        }
        if (LAYERS.stream().noneMatch(type::startsWith)) {
            throw unsupported(what + " has a layer of the type " + Shown.text(type));
        }
    }

    /** The file of the blob that a descriptor leads to; its size is the one that was claimed. */
    Member member(JsonNode descriptor, String what) throws IOException {
        var digest = Digest.parse(Json.needed(descriptor, "digest", what), what);
        var name = "blobs/" + digest.algorithm() + "/" + digest.hex();
        var member =
                members.find(name).orElseThrow(() -> Bad.archive("%s leads to %s, which is missing", what, digest));
        var size = descriptor.get("size");
        if (size == null || !size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() != member.size()) {
            throw Bad.archive("%s claims another size for %s than the %d bytes it has", what, digest, member.size());
        }
        return member;
    }

    private byte[] blob(JsonNode descriptor, int limit, String what) throws IOException {
        var digest = Digest.parse(Json.needed(descriptor, "digest", what), what);
        var bytes = members.read(member(descriptor, what), limit);
        var actual = Digest.of(digest.algorithm(), digest.hasher().digest(bytes));
        if (!actual.equals(digest)) {
            throw Bad.archive("The blob %s has the digest %s", digest, actual);
        }
        return bytes;
    }

    /** An index or manifest: one that could be taken for either is refused (CVE-2021-41190). */
    private ObjectNode document(JsonNode descriptor, String where) throws IOException {
        var document = Json.object(blob(descriptor, LARGEST, where), "A manifest of the layout");
        var own = Json.text(document, "mediaType", "A manifest of the layout");
        var claimed = Json.text(descriptor, "mediaType", where);
        if (own.isPresent() && claimed.isPresent() && !own.equals(claimed)
                || document.has("manifests") && (document.has("layers") || document.has("config"))) {
            throw Bad.archive("A manifest of the layout is not of the type that leads to it");
        }
        return document;
    }

    private static StorageException unsupported(String message) {
        return StorageException.of(
                StorageException.Kind.NOT_SUPPORTED, message, "Convert the image, for example with 'skopeo copy'");
    }
}
