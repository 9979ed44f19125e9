package storage.btrfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import storage.api.LayerId;
import storage.api.StoreInfo;
import storage.btrfs.kernel.Quotas;
import storage.btrfs.kernel.SubvolumeInfo;
import storage.common.io.AtomicFile;
import storage.common.io.HomeFiles;
import storage.common.io.HomeFolder;
import storage.linux.Fd;
import storage.linux.Syscalls;

/**
 * The sizes that layers were given, in the engine's form: a file {@code quotas/ID} with the number of bytes, and a limit on
 * the layer's quota group. A limit is set again whenever the layer is taken hold of, as the engine does it.
 */
final class LayerLimits {
    private static final int FILE_MODE = 0644;

    private final Syscalls linux;
    private final StoreInfo info;
    private final Quotas quotas;
    private final Path folder;
    private final HomeFiles files;

    /** An empty file for each group that could not be removed yet, named by its number. */
    private final Path leftovers;

    LayerLimits(Syscalls linux, StoreInfo info) {
        this.linux = linux;
        this.info = info;
        this.quotas = new Quotas(linux);
        this.folder = info.home().resolve(BtrfsDriver.QUOTAS);
        this.files = new HomeFiles(linux, folder, info.idMaps());
        this.leftovers = info.state().resolve("qgroups");
    }

    /** Gives a layer a size. */
    void set(LayerId id, Fd layer, long bytes) throws IOException {
        quotas.enable(layer.number());
        quotas.limit(layer.number(), bytes);
        HomeFolder.ensure(
                linux,
                folder,
                HomeFolder.STATE_MODE,
                info.idMaps().rootUid(),
                info.idMaps().rootGid());
        AtomicFile.write(file(id), Long.toString(bytes).getBytes(StandardCharsets.US_ASCII), FILE_MODE);
    }

    /** Whether a layer has a size. */
    boolean has(LayerId id) throws IOException {
        return size(id).isPresent();
    }

    /** Sets the limit again, if the layer has a size. */
    void renew(LayerId id, Fd layer) throws IOException {
        var size = size(id);
        if (size.isPresent()) {
            quotas.enable(layer.number());
            quotas.limit(layer.number(), size.getAsLong());
        }
    }

    /** A layer's size and what it takes, for {@code LayerStore.metadata}; empty for one without a size. */
    Map<String, String> describe(LayerId id, Fd layer) throws IOException {
        var size = size(id);
        if (size.isEmpty()) {
            return Map.of();
        }
        var description = new LinkedHashMap<String, String>();
        description.put("Size", Long.toString(size.getAsLong()));
        quotas.usage(layer.number(), SubvolumeInfo.of(linux, layer.number()).tree())
                .ifPresent(usage -> {
                    description.put("Referenced", Long.toString(usage.referenced()));
                    description.put("Exclusive", Long.toString(usage.exclusive()));
                });
        return description;
    }

    /** The layer is gone, or will be. */
    void forget(LayerId id) throws IOException {
        files.unlink(id.value());
    }

    /** Removes the quota group of a subvolume that was deleted, now or later. */
    void removeGroup(int fd, long tree) throws IOException {
        if (!quotas.remove(fd, tree)) {
            HomeFolder.ensure(linux, leftovers, HomeFolder.STATE_MODE, linux.geteuid(), linux.getegid());
            Files.write(leftovers.resolve(Long.toString(tree)), new byte[0]);
        }
    }

    /** Removes the groups that could not be removed when their layers were. */
    void removeLeftovers(int fd) throws IOException {
        try (var files = Files.newDirectoryStream(
                leftovers, name -> name.getFileName().toString().matches("\\d{1,18}"))) {
            for (var file : files) {
                if (quotas.remove(fd, Long.parseLong(file.getFileName().toString()))) {
                    Files.delete(file);
                }
            }
        } catch (NoSuchFileException e) {
            // there never were any
        }
    }

    /** What is no number is nobody's limit: the engine passes it over, too. */
    private OptionalLong size(LayerId id) throws IOException {
        // mostly there is none, and a look is cheaper than an exception
        if (!files.exists(id.value())) {
            return OptionalLong.empty();
        }
        try {
            var text = Files.readString(file(id), StandardCharsets.ISO_8859_1).strip();
            return text.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        }
    }

    private Path file(LayerId id) {
        return folder.resolve(id.value());
    }
}
