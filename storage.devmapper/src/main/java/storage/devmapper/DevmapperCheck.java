package storage.devmapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import storage.api.LayerCheck.Finding;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.store.Quarantine;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/** Looks for damage in the layout: records that cannot be read, names that belong nowhere, numbers that two devices have. */
final class DevmapperCheck {
    /** What an engine and we have in a home; a filesystem mounted there has a name of its own. */
    private static final Set<String> HOME =
            Set.of("devicemapper", "metadata", "mnt", "lost+found", "backingFsBlockDev");

    private final Syscalls linux;
    private final StoreInfo info;
    private final Stock stock;

    DevmapperCheck(Syscalls linux, StoreInfo info, Stock stock) {
        this.linux = linux;
        this.info = info;
        this.stock = stock;
    }

    List<Finding> findings() throws IOException {
        var findings = new ArrayList<Finding>();
        var numbers = new TreeMap<Integer, String>();
        for (var damage : stock.files().damage().entrySet()) {
            findings.add(new Finding("", "metadata/" + damage.getKey(), damage.getValue(), false));
        }
        for (var layer : stock.files().layers()) {
            try {
                var record = stock.files().device(layer);
                if (record.isPresent()) {
                    var other = numbers.put(record.get().deviceId(), layer);
                    if (other != null) {
                        findings.add(new Finding(
                                layer,
                                stock.files().path(layer),
                                DeviceSet.title(layer) + " and " + DeviceSet.title(other) + " have the same device "
                                        + record.get().deviceId(),
                                false));
                    }
                }
            } catch (StorageException e) {
                findings.add(new Finding(layer, stock.files().path(layer), e.getMessage(), false));
            }
        }
        strangers()
                .forEach((path, name) -> findings.add(new Finding(
                        "", path, "'" + path + "' in " + PathBytes.text(info.home()) + " belongs to no layer", true)));
        return findings;
    }

    /** Paths in the home, and their last names. */
    private Map<String, String> strangers() throws IOException {
        var strangers = new TreeMap<String, String>();
        if (!Files.isDirectory(info.home())) {
            return strangers;
        }
        try (var names = Files.newDirectoryStream(info.home())) {
            for (var path : names) {
                var name = PathBytes.text(path)
                        .substring(PathBytes.text(info.home()).length() + 1);
                if (!HOME.contains(name)) {
                    strangers.put(name, name);
                }
            }
        }
        for (var name : stock.files().strangers()) {
            strangers.put("metadata/" + name, name);
        }
        return strangers;
    }

    List<String> repair() throws IOException {
        var done = new ArrayList<String>();
        var quarantine = new Quarantine(linux, info);
        for (var stranger : strangers().entrySet()) {
            Path from = PathBytes.path(PathBytes.text(info.home()) + "/" + stranger.getKey());
            done.add("Moved '" + stranger.getKey() + "' to " + quarantine.move(from, stranger.getValue()));
        }
        return done;
    }
}
