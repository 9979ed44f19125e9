package storage.overlay.v2;

import java.io.IOException;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.HomeFiles;
import storage.linux.ProjectQuota;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * A limit on what a layer can take, by the project quotas of the home's filesystem. Each limited layer's folder is a
 * project of its own, with numbers from that of the home's project on, as the engine counts them.
 */
final class LayerQuota {
    private final Syscalls linux;
    private final HomeFiles files;

    /** Numbers are searched and taken one at a time. */
    private final Object numbers = new Object();

    LayerQuota(Syscalls linux, HomeFiles files) {
        this.linux = linux;
        this.files = files;
    }

    /** @throws StorageException NOT_SUPPORTED if the filesystem cannot */
    void refuseIfUnavailable(String backing) throws IOException {
        try (var home = files.open("")) {
            var reason = ProjectQuota.unavailable(linux, home.number());
            if (reason.isPresent()) {
                throw StorageException.of(
                        StorageException.Kind.NOT_SUPPORTED,
                        "A layer's size cannot be limited on " + backing + ": " + reason.get(),
                        "Leave the size out, or use xfs mounted with prjquota");
            }
        }
    }

    /** Limits a layer's folder, which is still empty. */
    void limit(LayerId id, long bytes) throws IOException {
        synchronized (numbers) {
            try (var folder = files.open(id.value())) {
                var project = next();
                ProjectQuota.limit(linux, folder.number(), project, bytes);
                ProjectQuota.assign(linux, folder.number(), project);
            }
        }
    }

    /** The first number above that of the home and of all layers. */
    private int next() throws IOException {
        var highest = 0;
        try (var home = files.open("")) {
            highest = ProjectQuota.project(linux, home.number());
        }
        for (var name : files.folders("")) {
            if (files.stat(name).filter(Stat::isDirectory).isPresent()) {
                try (var folder = files.open(name)) {
                    highest = Math.max(highest, ProjectQuota.project(linux, folder.number()));
                }
            }
        }
        return highest + 1;
    }
}
