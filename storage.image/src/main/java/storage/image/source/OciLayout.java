package storage.image.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.image.ImageStore.ImportOptions;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.meta.Json;

/**
 * The OCI image layout: {@code index.json} leads to manifests, or to more indexes, all in {@code blobs}. Every blob is
 * checked against the digest and the size that lead to it, so that only the bytes of the index itself are taken on trust.
 */
final class OciLayout {
    static final String INDEX = "index.json";

    private static final String LAYOUT = "oci-layout";
    private static final String REF_NAME = "org.opencontainers.image.ref.name";
    private static final String IMAGE_NAME = "io.containerd.image.name";

    private final Manifests manifests;
    private final Members members;
    private final Optional<String> platform;

    OciLayout(Members members, ImportOptions options) {
        this.members = members;
        platform = options.platform();
        manifests = new Manifests(members);
    }

    List<Candidate> images() throws IOException {
        checkVersion();
        var index = Json.object(members.read(members.need(INDEX), Manifests.LARGEST), INDEX);
        var candidates = new ArrayList<Candidate>();
        var offered = new ArrayList<String>();
        for (var group : groups(index).values()) {
            for (var chosen : choose(group, offered)) {
                candidates.add(new Candidate(chosen.names(), () -> load(chosen)));
            }
        }
        if (candidates.isEmpty()) {
            throw offered.isEmpty()
                    ? Bad.archive("The layout holds no image")
                    : Bad.missing(
                            "The layout has no image for "
                                    + platform.orElse(Platform.host().toString()),
                            "Choose one with --platform: it has " + String.join(", ", offered));
        }
        return candidates;
    }

    private void checkVersion() throws IOException {
        var file = members.find(LAYOUT);
        if (file.isPresent()) {
            var version = Json.needed(
                    Json.object(members.read(file.get(), Manifests.LARGEST), LAYOUT), "imageLayoutVersion", LAYOUT);
            if (!version.startsWith("1.")) {
                throw Bad.archive("The layout has a version that is not known here");
            }
        }
    }

    /** The descriptors of the index by the name that they have; those of one name are one image for several platforms. */
    private static Map<String, List<JsonNode>> groups(JsonNode index) throws IOException {
        var groups = new LinkedHashMap<String, List<JsonNode>>();
        for (var descriptor : Json.elements(index, "manifests", INDEX)) {
            var annotations = Json.child(descriptor, "annotations", INDEX);
            var name = Json.text(annotations, IMAGE_NAME, INDEX).or(() -> refName(annotations));
            groups.computeIfAbsent(name.orElse(""), key -> new ArrayList<>()).add(descriptor);
        }
        return groups;
    }

    private static Optional<String> refName(JsonNode annotations) {
        return Optional.ofNullable(annotations.get(REF_NAME)).map(JsonNode::asText);
    }

    /** What is to be taken of one group: the best for the platform, or all if the source does not tell them apart. */
    private List<Manifests.Found> choose(List<JsonNode> group, List<String> offered) throws IOException {
        var found = new ArrayList<Manifests.Found>();
        for (var descriptor : group) {
            manifests.collect(descriptor, found);
        }
        if (platform.isEmpty() && (found.size() == 1 || found.stream().noneMatch(Manifests.Found::isTold))) {
            return found;
        }
        var wanted = platform.isPresent() ? Platform.parse(platform.get()) : Platform.host();
        Manifests.Found best = null;
        var score = -1;
        for (var each : found) {
            var offer = each.platform().isPresent() ? each.platform().get() : manifests.platform(each);
            offered.add(storage.image.meta.Shown.text(offer.toString()));
            var suits = wanted.suits(offer).orElse(-1);
            if (suits > score) {
                best = each;
                score = suits;
            }
        }
        return best == null ? List.of() : List.of(best);
    }

    private IncomingImage load(Manifests.Found found) throws IOException {
        var manifest = manifests.manifest(found);
        var what = "The manifest " + found.digest().brief();
        var layers = new ArrayList<IncomingImage.Blob>();
        for (var descriptor : Json.elements(manifest, "layers", what)) {
            Manifests.checkLayer(descriptor, what);
            var digest = Digest.parse(Json.needed(descriptor, "digest", what), what);
            layers.add(new IncomingImage.Blob(members, manifests.member(descriptor, what), Optional.of(digest)));
            if (layers.size() > ImageConfig.MOST_LAYERS) {
                throw Bad.limit("%s has more than %d layers", what, ImageConfig.MOST_LAYERS);
            }
        }
        return IncomingImage.of(manifests.config(manifest, what), layers);
    }

    /** A name of the layout that is one of an image. One without host and tag may be a tag alone, and names nothing. */
    static List<ImageName> names(JsonNode annotations) {
        var names = new ArrayList<ImageName>();
        Optional.ofNullable(annotations.get(IMAGE_NAME))
                .map(JsonNode::asText)
                .or(() -> refName(annotations).filter(ImageName::isFull))
                .flatMap(ImageName::find)
                .ifPresent(names::add);
        return names;
    }
}
