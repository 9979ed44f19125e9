package storage.selector.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import storage.api.Layer;
import storage.api.LayerStore;
import storage.api.StoreInfo;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.selector.state.KeptHomes;

/**
 * Removes a driver's home with everything in it, and what belongs to it. The mark that the home is no store goes last, so
 * that it can be done again.
 */
final class HomeRemoval {
    private final Syscalls linux;
    private final Homes homes;

    HomeRemoval(Syscalls linux, Homes homes) {
        this.linux = linux;
        this.homes = homes;
    }

    /** Of the options for several drivers, those that one of them may know by their beginning, as in {@code btrfs.min_space}. */
    static Map<String, String> of(StoreInfo info, Map<String, String> options) {
        var prefix = info.driver().equals("devmapper") ? "dm." : info.driver() + ".";
        return options.entrySet().stream()
                .filter(option ->
                        option.getKey().startsWith(prefix) || option.getKey().startsWith("archive."))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    void remove(StoreInfo info, Map<String, String> options) throws IOException {
        removeTree(info.image());
        removeLayersAndState(info, options);
    }

    /** Without the metadata of images. */
    void removeLayersAndState(StoreInfo info, Map<String, String> options) throws IOException {
        if (Files.isDirectory(info.home(), LinkOption.NOFOLLOW_LINKS)) {
            // the driver knows what its layers are made of; what is left when they are gone is files
            try (var store = homes.open(info.root(), info.driver(), options)) {
                removeLayers(store, layer -> true);
                store.cleanup();
            }
            empty(info.home());
        }
        if (Files.isDirectory(info.state(), LinkOption.NOFOLLOW_LINKS)) {
            try (var entries = Files.newDirectoryStream(info.state())) {
                for (var entry : entries) {
                    if (!entry.getFileName().toString().equals(KeptHomes.MARK)) {
                        removeTree(entry);
                    }
                }
            }
            KeptHomes.unmark(info);
            removeTree(info.state());
        }
    }

    /** Removes layers, children before their parents. */
    static void removeLayers(LayerStore store, Predicate<Layer> which) throws IOException {
        var order = new ArrayDeque<Layer>();
        new Family(store.layers()).parentsFirst().forEach(order::addFirst);
        for (var layer : order) {
            if (which.test(layer)) {
                store.remove(layer.id());
            }
        }
    }

    /** A home may be a filesystem of its own, which its owner has mounted there: then the folder stays. */
    private void empty(Path home) throws IOException {
        try (var entries = Files.newDirectoryStream(home)) {
            for (var entry : entries) {
                removeTree(entry);
            }
        }
        try {
            removeTree(home);
        } catch (SyscallException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
        }
    }

    private void removeTree(Path path) throws IOException {
        TreeRemoval.remove(linux, FileCalls.AT_FDCWD, PathBytes.of(path));
    }
}
