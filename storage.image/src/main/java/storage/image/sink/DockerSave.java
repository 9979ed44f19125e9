package storage.image.sink;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.meta.Json;

/**
 * Writes what {@code docker save} of the engine 20.10 writes: a folder for each layer with {@code layer.tar},
 * {@code VERSION} and a {@code json} for engines before 1.10, the configuration, {@code manifest.json} and
 * {@code repositories}. A layer that occurs again is a link to the first.
 */
public final class DockerSave {
    /** The fields of a configuration that the oldest form has, in its order. */
    private static final List<String> OLD_FIELDS = List.of(
            "comment",
            "created",
            "container",
            "container_config",
            "docker_version",
            "author",
            "config",
            "architecture",
            "variant");

    private static final String NO_CONFIG =
            "{\"Hostname\":\"\",\"Domainname\":\"\",\"User\":\"\",\"AttachStdin\":false,"
                    + "\"AttachStdout\":false,\"AttachStderr\":false,\"Tty\":false,\"OpenStdin\":false,\"StdinOnce\":false,"
                    + "\"Env\":null,\"Cmd\":null,\"Image\":\"\",\"Volumes\":null,\"WorkingDir\":\"\",\"Entrypoint\":null,"
                    + "\"OnBuild\":null,\"Labels\":null}";

    private final Outgoing image;
    private final Map<Digest, String> folders = new HashMap<>();
    private final List<String> layers = new ArrayList<>();

    public DockerSave(Outgoing image) {
        this.image = image;
    }

    /** Writes the archive; leaves the stream open. */
    public void writeTo(OutputStream out, Progress progress) throws IOException {
        try (var tar = new TarSink(out, progress)) {
            var parent = Optional.<Digest>empty();
            for (var i = 0; i < image.layers().size(); i++) {
                parent = Optional.of(layer(tar, i, parent));
            }
            tar.file(image.config().id().hex() + ".json", image.created(), image.bytes());
            tar.file("manifest.json", Instant.EPOCH, line(manifest()));
            if (image.name().isPresent() && parent.isPresent()) {
                tar.file("repositories", Instant.EPOCH, line(repositories(parent.get())));
            }
            tar.finish();
        }
    }

    private Digest layer(TarSink tar, int index, Optional<Digest> parent) throws IOException {
        var layer = image.layers().get(index);
        var time = image.created();
        var old = old(index == image.layers().size() - 1);
        var id = oldId(old, layer.entry().chain(), parent);
        var folder = id.hex();
        tar.folder(folder, time);
        tar.file(folder + "/VERSION", time, "1.0".getBytes(StandardCharsets.US_ASCII));
        tar.file(folder + "/json", time, Json.bytes(named(old, id, parent)));
        var first = folders.putIfAbsent(layer.entry().diff(), folder);
        if (first == null) {
            tar.file(folder + "/layer.tar", time, layer.size(), image.step(index), layer::writeTo);
        } else {
            tar.link(folder + "/layer.tar", "../" + first + "/layer.tar", time);
        }
        layers.add(folder + "/layer.tar");
        return id;
    }

    private ObjectNode old(boolean top) throws IOException {
        var old = Json.newObject();
        old.put("created", "1970-01-01T00:00:00Z");
        old.set("container_config", Json.object(NO_CONFIG.getBytes(StandardCharsets.US_ASCII), "It"));
        if (top) {
            var tree = Json.object(image.bytes(), "The configuration");
            for (var field : OLD_FIELDS) {
                if (tree.hasNonNull(field)) {
                    old.set(field, tree.get(field));
                }
            }
        }
        return old;
    }

    /** The id of the oldest form: the digest of its JSON with sorted fields, the chain and the parent's id. */
    private Digest oldId(ObjectNode old, Digest chain, Optional<Digest> parent) {
        var sorted = new TreeMap<String, com.fasterxml.jackson.databind.JsonNode>();
        old.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
        if (old.has("architecture")) {
            sorted.put("os", old.textNode(image.config().os()));
        }
        sorted.put("layer_id", old.textNode(chain.toString()));
        parent.ifPresent(below -> sorted.put("parent", old.textNode(below.toString())));
        return Digest.ofBytes(Json.bytes(Json.newObject().setAll(sorted)));
    }

    private ObjectNode named(ObjectNode old, Digest id, Optional<Digest> parent) {
        var named = Json.newObject();
        named.put("id", id.hex());
        parent.ifPresent(below -> named.put("parent", below.hex()));
        named.setAll(old);
        return named.put("os", image.config().os());
    }

    private com.fasterxml.jackson.databind.JsonNode manifest() {
        var item = Json.newObject();
        item.put("Config", image.config().id().hex() + ".json");
        if (image.name().isPresent()) {
            item.putArray("RepoTags").add(image.name().get().toString());
        } else {
            item.putNull("RepoTags");
        }
        var list = item.putArray("Layers");
        layers.forEach(list::add);
        return Json.newArray().add(item);
    }

    private ObjectNode repositories(Digest top) {
        var name = image.name().orElseThrow();
        var repositories = Json.newObject();
        repositories.putObject(name.repository()).put(name.tag(), top.hex());
        return repositories;
    }

    private static byte[] line(com.fasterxml.jackson.databind.JsonNode json) {
        var bytes = Json.bytes(json);
        var line = java.util.Arrays.copyOf(bytes, bytes.length + 1);
        line[bytes.length] = '\n';
        return line;
    }
}
