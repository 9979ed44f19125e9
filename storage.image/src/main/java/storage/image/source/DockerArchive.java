package storage.image.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import storage.image.ImageStore.ImportOptions;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.meta.Json;
import storage.image.meta.Shown;

/**
 * What {@code docker save} writes: {@code manifest.json} lists for each image its configuration, names and layers, which
 * lie in folders of their own (a layer that is there twice is a link) or in {@code blobs/sha256}.
 */
final class DockerArchive {
    static final String MANIFEST = "manifest.json";

    /** The largest manifest, in bytes. */
    private static final int LARGEST = 4 << 20;

    /** The most images, and the most names that all of them may have together: each is written down one by one. */
    private static final int MOST = 1024;

    /** A file that is named by its digest. */
    private static final Pattern BY_DIGEST = Pattern.compile("(?:blobs/sha256/)?([0-9a-f]{64})(?:\\.json|\\.tar)?");

    private final Members members;
    private final Optional<String> platform;

    DockerArchive(Members members, ImportOptions options) {
        this.members = members;
        platform = options.platform();
    }

    List<Candidate> images() throws IOException {
        var candidates = new ArrayList<Candidate>();
        var offered = new ArrayList<String>();
        var items = Json.array(members.read(members.need(MANIFEST), LARGEST), MANIFEST);
        if (items.size() > MOST) {
            throw Bad.limit("%s lists %d images, %d are the most", MANIFEST, items.size(), MOST);
        }
        var names = 0;
        for (var item : items) {
            if (!item.isObject()) {
                throw Bad.archive("%s holds something that is no image", MANIFEST);
            }
            if (platform.isPresent() && !suits(item, Platform.parse(platform.get()), offered)) {
                continue;
            }
            var candidate = new Candidate(names(item), () -> load(item));
            names += candidate.names().size();
            if (names > MOST) {
                throw Bad.limit("%s gives its images more than %d names", MANIFEST, MOST);
            }
            candidates.add(candidate);
        }
        if (candidates.isEmpty()) {
            throw offered.isEmpty()
                    ? Bad.archive("The archive holds no image")
                    : Bad.missing(
                            "The archive has no image for " + platform.orElse(""),
                            "It has one for " + String.join(", ", offered));
        }
        return candidates;
    }

    private boolean suits(JsonNode item, Platform wanted, List<String> offered) throws IOException {
        var config = ImageConfig.parse(config(item));
        offered.add(Shown.text(config.platform()));
        return wanted.suits(new Platform(config.os(), config.architecture(), config.variant()))
                .isPresent();
    }

    private static List<ImageName> names(JsonNode item) throws IOException {
        var names = new ArrayList<ImageName>();
        for (var text : Json.texts(item, "RepoTags", MANIFEST)) {
            names.add(ImageName.find(text)
                    .orElseThrow(() -> Bad.archive("%s names an image '%s'", MANIFEST, Shown.text(text))));
        }
        return names;
    }

    private byte[] config(JsonNode item) throws IOException {
        var member = members.need(Json.needed(item, "Config", MANIFEST));
        var bytes = members.read(member, ImageConfig.LARGEST);
        var claimed = claimed(member);
        if (claimed.isPresent() && !claimed.get().equals(Digest.ofBytes(bytes))) {
            throw Bad.archive("The configuration %s does not have the digest of its name", member.name());
        }
        return bytes;
    }

    private static Optional<Digest> claimed(Member member) {
        var matcher = BY_DIGEST.matcher(member.name());
        return matcher.matches() ? Optional.of(Digest.ofHex(matcher.group(1))) : Optional.empty();
    }

    private IncomingImage load(JsonNode item) throws IOException {
        var layers = new ArrayList<IncomingImage.Blob>();
        var names = Json.texts(item, "Layers", MANIFEST);
        if (names.size() > ImageConfig.MOST_LAYERS) {
            throw Bad.limit("An image has %d layers, %d are the most", names.size(), ImageConfig.MOST_LAYERS);
        }
        for (var name : names) {
            layers.add(new IncomingImage.Blob(members, members.need(name), Optional.empty()));
        }
        return IncomingImage.of(config(item), layers);
    }
}
