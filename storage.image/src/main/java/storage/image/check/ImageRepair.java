package storage.image.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import storage.api.StorageException;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.shelf.Quarantine;
import storage.image.shelf.Shelf;

/** Puts right what can be derived and sets the rest aside. Layers themselves are not touched. */
public final class ImageRepair {
    /** {@code "reference":"sha256:..."}, as it stands in a repositories.json, cut off or not. */
    private static final Pattern REFERENCE =
            Pattern.compile("\"([^\"\\\\]{1,400})\"\\s*:\\s*\"(sha256:[0-9a-f]{64})\"");

    private final Shelf shelf;
    private final Quarantine quarantine;
    private final List<String> done = new ArrayList<>();

    public ImageRepair(Shelf shelf) {
        this.shelf = shelf;
        quarantine = new Quarantine(shelf);
    }

    /** Does what the damages call for. */
    public List<String> run(List<ImageCheck.Damage> damages) throws IOException {
        var names = false;
        var aside = new HashSet<Digest>();
        for (var damage : damages) {
            switch (damage.remedy()) {
                case SET_ASIDE -> {
                    setAside(damage.path(), damage.finding().layer());
                    names = true;
                }
                case REBUILD -> rebuild(damage.chain().orElseThrow());
                case SET_CHAIN_ASIDE -> {
                    for (var chain : ImageCheck.standingOn(shelf, damage.chain().orElseThrow())) {
                        if (aside.add(chain) && shelf.layerDb().has(chain)) {
                            setAside(shelf.layerDb().folder(chain), "layer chain " + chain.brief());
                        }
                    }
                }
                case REWRITE_NAMES -> names = true;
                case NONE -> {}
            }
        }
        if (names) {
            rewriteNames();
        }
        return done;
    }

    private void setAside(java.nio.file.Path path, String what) throws IOException {
        if (Files.exists(path)) {
            var to = quarantine.take(path);
            done.add("Set the record of " + what + " aside as " + to);
        }
    }

    private void rebuild(Digest chain) throws IOException {
        var derived = Derived.of(shelf, chain, configs());
        if (derived.isPresent()) {
            Derived.write(shelf, derived.get());
            done.add("Wrote the record of layer " + derived.get().layer() + " anew from an image that has it");
        }
    }

    private Collection<ImageConfig> configs() throws StorageException {
        var configs = new ArrayList<ImageConfig>();
        for (var id : shelf.images().ids()) {
            try {
                configs.add(shelf.images().config(id));
            } catch (StorageException e) {
                // damaged: tells nothing
            }
        }
        return configs;
    }

    /** Keeps every name that can be read and whose image is there. */
    private void rewriteNames() throws IOException {
        var file = shelf.names().file();
        if (!Files.exists(file)) {
            return;
        }
        var kept = new TreeMap<String, Digest>();
        var read = read();
        read.forEach((reference, id) -> {
            if (shelf.images().has(id)) {
                kept.put(reference, id);
            }
        });
        if (kept.equals(read) && isReadable()) {
            return;
        }
        quarantine.copy(file);
        shelf.names().replace(kept);
        done.add("Wrote " + file + " anew with " + kept.size() + " of " + read.size() + " names, and kept a copy");
    }

    private boolean isReadable() {
        try {
            shelf.names().all();
            return true;
        } catch (StorageException e) {
            return false;
        }
    }

    private Map<String, Digest> read() throws IOException {
        if (isReadable()) {
            return shelf.names().all();
        }
        var found = new TreeMap<String, Digest>();
        var matcher = REFERENCE.matcher(Files.readString(shelf.names().file(), StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            var reference = matcher.group(1);
            var name = reference.indexOf('@') < 0 ? reference : reference.substring(0, reference.indexOf('@'));
            if (ImageName.find(name).isPresent()) {
                found.put(reference, Digest.ofHex(matcher.group(2).substring(7)));
            }
        }
        return found;
    }
}
