package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.JsonFile;

/**
 * The file {@code ROOT/storage/HOME/process.json}: the holds of this process, written when the selector's bundle goes and
 * taken back when its next version comes. Holds of a process end with it, so nothing is written while it runs, and what
 * another process has left says nothing.
 */
public final class ProcessHolds {
    /** One line of the file. */
    record Line(String layer, int count) {}

    /**
     * The file's content.
     *
     * @param boot the kernel's boot id
     * @param started of the process, in milliseconds since 1970: numbers of processes come again
     */
    record Content(String boot, long pid, long started, List<Line> holds) {
        Content {
            holds = holds == null ? List.of() : List.copyOf(holds);
        }

        boolean isOf(Content other) {
            return Objects.equals(other.boot, boot) && pid == other.pid && started == other.started;
        }

        /** Whether its process may come back for it. */
        boolean counts() {
            return BootId.current().equals(boot)
                    && ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
        }
    }

    private final Path file;

    /** @param state the store's state folder */
    public ProcessHolds(Path state) {
        this.file = state.resolve("process.json");
    }

    private static Content content(List<Line> holds) {
        var self = ProcessHandle.current();
        var started = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return new Content(BootId.current(), self.pid(), started, holds);
    }

    /** Leaves the holds of this process for later; none leave no file. */
    public void leave(Map<LayerId, Integer> holds) throws IOException {
        if (holds.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        JsonFile.write(
                file,
                content(new TreeMap<>(holds)
                        .entrySet().stream()
                                .map(hold -> new Line(hold.getKey().value(), hold.getValue()))
                                .toList()));
    }

    /**
     * The holds that this process has left. They are taken: the file goes, unless it is that of another process which lives.
     * What cannot be read says nothing.
     */
    public Map<LayerId, Integer> take() throws IOException {
        Optional<Content> content;
        try {
            content = JsonFile.read(file, Content.class);
        } catch (StorageException e) {
            content = Optional.empty();
        }
        var ours = content.filter(content(List.of())::isOf);
        var others = content.filter(left -> ours.isEmpty() && left.counts());
        if (others.isEmpty()) {
            Files.deleteIfExists(file);
        }
        var holds = new TreeMap<LayerId, Integer>();
        if (ours.isPresent()) {
            for (var line : ours.get().holds()) {
                if (line.layer() != null && LayerId.isValid(line.layer()) && line.count() > 0) {
                    holds.put(new LayerId(line.layer()), line.count());
                }
            }
        }
        return holds;
    }
}
