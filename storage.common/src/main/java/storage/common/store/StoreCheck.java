package storage.common.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import storage.api.Layer;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StoreInfo;
import storage.common.io.HomeFolder;
import storage.common.io.HomeLock;
import storage.linux.PathBytes;
import storage.linux.Syscalls;

/** Compares records, home and the engine's layer database with each other, and sets aside what fits nowhere. */
@SuppressWarnings("try") // locks are held, not used
final class StoreCheck {
    private final Syscalls linux;
    private final StoreInfo info;
    private final Backend backend;
    private final LayerRecords records;
    private final Ancestry ancestry;
    private final LayerLife life;
    private final IdLocks locks;
    private final Quarantine quarantine;

    StoreCheck(
            Syscalls linux,
            StoreInfo info,
            Backend backend,
            LayerRecords records,
            Ancestry ancestry,
            LayerLife life,
            IdLocks locks,
            Quarantine quarantine) {
        this.linux = linux;
        this.info = info;
        this.backend = backend;
        this.records = records;
        this.ancestry = ancestry;
        this.life = life;
        this.locks = locks;
        this.quarantine = quarantine;
    }

    /** What is wrong with a layer as a whole, and which remedy there is. */
    private enum Problem {
        INCOMPLETE("was cut off while it was made, filled or removed", true),
        UNREADABLE_RECORD("has a record that cannot be read", true),
        NO_LAYER("has a record, but no folder in the home", true),
        ORPHAN("is known neither to a record nor to the engine's layer database", true),
        UNKNOWN_PARENT("stands on a parent that nothing records", false);

        private final String text;
        private final boolean repairable;

        Problem(String text, boolean repairable) {
            this.text = text;
            this.repairable = repairable;
        }

        Finding finding(LayerId id, String path) {
            return new Finding(id.value(), path, "Layer " + id + " " + text, repairable);
        }
    }

    private record Found(LayerId id, Problem problem) {}

    List<Finding> findings() throws IOException {
        var findings = new ArrayList<Finding>();
        HomeFolder.exposure(linux, info.root()).ifPresent(problem -> findings.add(new Finding("", "", problem, false)));
        var orphans = new HashSet<String>();
        for (var found : problems()) {
            var finding = found.problem().finding(found.id(), path(found));
            findings.add(
                    isWorthKeeping(found)
                            ? new Finding(finding.layer(), finding.path(), finding.problem(), false)
                            : finding);
            if (found.problem() == Problem.ORPHAN) {
                orphans.add(finding.layer());
            }
        }
        links(findings);
        for (var stranger : records.strangers()) {
            var file = records.folder().resolve(stranger);
            findings.add(new Finding("", fromRoot(file), "The file " + file + " is no layer's record", true));
        }
        for (var finding : backend.findings()) {
            // of what is set aside as a whole, single files do not matter
            if (!orphans.contains(finding.layer())) {
                var path = finding.path().isEmpty()
                        ? ""
                        : PathBytes.text(info.root().relativize(info.home())) + "/" + finding.path();
                findings.add(new Finding(finding.layer(), path, finding.problem(), finding.repairable()));
            }
        }
        return findings;
    }

    private String path(Found found) {
        return switch (found.problem()) {
            case UNREADABLE_RECORD, NO_LAYER -> fromRoot(records.file(found.id(), LayerState.COMPLETE));
            case INCOMPLETE, ORPHAN, UNKNOWN_PARENT -> fromRoot(backend.folder(found.id()));
        };
    }

    private String fromRoot(Path file) {
        return PathBytes.text(info.root().relativize(file));
    }

    /** A home that is not there at all is not mounted, perhaps: its records are not thrown away. */
    private boolean isWorthKeeping(Found found) throws IOException {
        return found.problem() == Problem.NO_LAYER && backend.ids().isEmpty();
    }

    List<String> repair() throws IOException {
        var done = new ArrayList<String>();
        for (var found : problems()) {
            if (!isWorthKeeping(found)) {
                try (var held = locks.lock(found.id())) {
                    // what looked half-made may have been in the making
                    if (problem(found.id(), LayerDatabase.read(info)).equals(Optional.of(found.problem()))) {
                        repair(found, done);
                    }
                }
            }
        }
        for (var stranger : records.strangers()) {
            var place = quarantine.move(records.folder().resolve(stranger), stranger);
            done.add("Moved the file " + stranger + " to " + place);
        }
        done.addAll(backend.repair());
        return done;
    }

    private void repair(Found found, List<String> done) throws IOException {
        var id = found.id();
        switch (found.problem()) {
            case INCOMPLETE -> removeIncomplete(id, done);
            case UNREADABLE_RECORD -> writeAnew(id, done);
            case NO_LAYER -> setRecordAside(id, done);
            case ORPHAN -> {
                var place = quarantine.place(id.value());
                if (!backend.isMounted(id) && backend.setAside(id, place)) {
                    done.add("Moved layer " + id + " to " + place);
                }
            }
            case UNKNOWN_PARENT -> {
                // only somebody who knows the parent can help
            }
        }
    }

    private void removeIncomplete(LayerId id, List<String> done) throws IOException {
        if (ancestry.childOf(id).isPresent() || backend.isMounted(id)) {
            return;
        }
        var failure = life.repair(id);
        if (failure.isPresent()) {
            throw failure.get();
        }
        done.add("Removed layer " + id + ", which was cut off and never whole");
    }

    /** From what home and engine know of the layer, where that is enough. */
    private void writeAnew(LayerId id, List<String> done) throws IOException {
        var layer = ancestry.layer(id);
        setRecordAside(id, done);
        if (layer.filter(l -> l.state() == Layer.State.COMPLETE).isPresent()) {
            var record = LayerRecord.of(layer.get(), LayerOptions.NONE).asFilled();
            records.begin(id, LayerState.COMPLETE, record).close();
            done.add("Wrote the record of layer " + id + " anew");
        }
    }

    private void setRecordAside(LayerId id, List<String> done) throws IOException {
        var file = records.file(id, LayerState.COMPLETE);
        var place = quarantine.move(file, file.getFileName().toString());
        records.forget(id);
        done.add("Moved the record of layer " + id + " to " + place);
    }

    private List<Found> problems() throws IOException {
        var ids = new TreeSet<>(backend.ids());
        ids.addAll(records.all().keySet());
        var engine = LayerDatabase.read(info);
        var found = new ArrayList<Found>();
        for (var id : ids) {
            problem(id, engine).ifPresent(problem -> found.add(new Found(id, problem)));
        }
        return found;
    }

    /** Layers without a record are the engine's, if it knows them; where there is no engine nobody can tell. */
    private Optional<Problem> problem(LayerId id, LayerDatabase engine) throws IOException {
        var entry = records.find(id);
        if (entry.isPresent() && !entry.get().isComplete()) {
            return isBusy(id) ? Optional.empty() : Optional.of(Problem.INCOMPLETE);
        }
        if (!backend.exists(id)) {
            return entry.map(e -> Problem.NO_LAYER);
        }
        if (entry.isPresent()) {
            return entry.get().record().isPresent() ? Optional.empty() : Optional.of(Problem.UNREADABLE_RECORD);
        }
        if (engine.find(id).isPresent()) {
            return Optional.empty();
        }
        if (engine.isPresent() && ancestry.childOf(id).isEmpty()) {
            return Optional.of(Problem.ORPHAN);
        }
        return ancestry.layer(id)
                .filter(layer -> layer.state() == Layer.State.UNKNOWN_PARENT)
                .map(layer -> Problem.UNKNOWN_PARENT);
    }

    /** Whether somebody is making, filling or removing the layer at this moment: a thread of ours, or the writer. */
    private boolean isBusy(LayerId id) {
        return info.access() == StoreInfo.Access.WRITE
                ? locks.isTakenByOthers(id)
                : HomeLock.holder(info.state().resolve("lock")).isPresent();
    }

    /** Parents that are not there, and records that the home contradicts. */
    private void links(List<Finding> findings) throws IOException {
        for (var layer : ancestry.layers()) {
            var id = layer.id();
            if (layer.parent().isPresent() && !backend.exists(layer.parent().get())) {
                findings.add(new Finding(
                        id.value(),
                        fromRoot(backend.folder(id)),
                        "Layer " + id + " stands on " + layer.parent().get() + ", which is missing",
                        false));
            }
            if (layer.state() != Layer.State.COMPLETE) {
                continue;
            }
            try {
                var home = backend.parentage(id);
                if (home.recorded() && !home.parent().equals(layer.parent())) {
                    findings.add(new Finding(
                            id.value(),
                            fromRoot(backend.folder(id)),
                            "Layer " + id + " was made on " + name(layer.parent()) + ", but the home links it to "
                                    + name(home.parent()),
                            false));
                }
            } catch (storage.api.StorageException e) {
                findings.add(new Finding(id.value(), fromRoot(backend.folder(id)), e.getMessage(), false));
            }
        }
    }

    private static String name(Optional<LayerId> parent) {
        return parent.map(LayerId::value).orElse("no parent");
    }
}
