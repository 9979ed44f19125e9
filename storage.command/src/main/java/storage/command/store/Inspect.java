package storage.command.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Store;
import storage.command.run.Verb;
import storage.command.text.Json;
import storage.command.text.Printer;
import storage.image.ImageStore.Image;

/** {@code inspect}. A name that is both a layer's and an image's means the layer, unless {@code --type} says otherwise. */
public final class Inspect implements Verb {
    /** What is looked at. */
    enum Type {
        layer,
        image
    }

    @Parameters(paramLabel = "ID|NAME", description = "A layer's id, or an image's name or id.")
    String name;

    @Option(names = "--type", paramLabel = "layer|image", description = "Which of the two is meant.")
    Type type;

    @Override
    public int run(Run run) throws Exception {
        try (var store = run.open(Access.READ)) {
            var layer = type == Type.image ? Optional.<Layer>empty() : layer(store);
            var shown = layer.isPresent() ? layer(store, layer.get()) : image(store, image(store));
            if (run.json()) {
                run.json(shown);
            } else {
                print(run.out(), shown, "");
            }
            return ExitCode.OK;
        }
    }

    private Optional<Layer> layer(Store store) throws StorageException {
        if (type == Type.layer) {
            return Optional.of(store.layer(Run.id(name)));
        }
        return LayerId.isValid(name) ? store.layers().layer(new LayerId(name)) : Optional.empty();
    }

    private Image image(Store store) throws StorageException {
        try {
            return store.images().image(name);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND && type == null) {
                throw StorageException.of(
                                StorageException.Kind.NOT_FOUND,
                                "Neither a layer nor an image is called '" + name + "'",
                                "List them with 'storage ls' and 'storage images'")
                        .causedBy(e);
            }
            throw e;
        }
    }

    private static Map<String, Object> layer(Store store, Layer layer) throws StorageException {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("type", "layer");
        shown.put("id", layer.id().value());
        shown.put("parent", layer.parent().map(LayerId::value));
        shown.put("kind", layer.kind().name());
        shown.put("state", layer.state().name());
        List<String> parents = new ArrayList<>();
        var at = layer.parent();
        while (at.isPresent() && !parents.contains(at.get().value())) {
            parents.add(at.get().value());
            at = store.layers().layer(at.get()).flatMap(Layer::parent);
        }
        shown.put("parents", parents);
        shown.put(
                "children",
                store.layers().layers().stream()
                        .filter(child -> child.parent().equals(Optional.of(layer.id())))
                        .map(child -> child.id().value())
                        .toList());
        shown.put("image", store.imageBelow(layer).map(Image::id));
        List<Map<String, Object>> holders = new ArrayList<>();
        for (var hold : store.holders().getOrDefault(layer.id(), List.of())) {
            Map<String, Object> holder = new LinkedHashMap<>();
            holder.put("holder", hold.holder());
            holder.put("count", hold.count());
            holders.add(holder);
        }
        shown.put("holders", holders);
        shown.put("metadata", store.layers().metadata(layer.id()));
        return shown;
    }

    private static Map<String, Object> image(Store store, Image image) throws StorageException {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("type", "image");
        shown.put("id", image.id());
        shown.put("names", image.names());
        shown.put("created", image.created());
        shown.put("os", image.os());
        shown.put("architecture", image.architecture());
        shown.put("size", image.size());
        shown.put("diffIds", image.diffIds());
        shown.put("layers", image.layers().stream().map(LayerId::value).toList());
        shown.put(
                "configuration",
                new Json.Raw(new String(store.images().configuration(image.id()), StandardCharsets.UTF_8)));
        return shown;
    }

    /** {@code key: value} lines, what is inside something two spaces further in. */
    private static void print(Printer out, Map<?, ?> map, String indent) throws Printer.Gone {
        for (var entry : map.entrySet()) {
            var value = entry.getValue() instanceof Optional<?> optional ? optional.orElse(null) : entry.getValue();
            if (value instanceof Map<?, ?> inner) {
                out.line(indent + entry.getKey() + ":");
                print(out, inner, indent + "  ");
            } else if (value instanceof List<?> list) {
                out.line(indent + entry.getKey() + ":" + (list.isEmpty() ? " none" : ""));
                for (var item : list) {
                    out.line(indent + "  " + out.name(item instanceof Map<?, ?> one ? flat(one) : item.toString()));
                }
            } else {
                var text = value instanceof Json.Raw raw ? raw.json() : value == null ? "none" : value.toString();
                out.line(indent + entry.getKey() + ": " + out.name(text));
            }
        }
    }

    private static String flat(Map<?, ?> map) {
        var text = new StringBuilder();
        map.forEach((key, value) -> text.append(text.length() == 0 ? "" : ", ")
                .append(key)
                .append(' ')
                .append(value));
        return text.toString();
    }
}
