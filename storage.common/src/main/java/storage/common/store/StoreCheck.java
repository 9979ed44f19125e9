package storage.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.StoreInfo;

/** Compares records, home and the engine's layer database with each other, and sets aside what fits nowhere. */
final class StoreCheck {
    private final StoreInfo info;
    private final Backend backend;
    private final LayerRecords records;
    private final Ancestry ancestry;
    private final LayerLife life;
    private final Quarantine quarantine;

    StoreCheck(
            StoreInfo info,
            Backend backend,
            LayerRecords records,
            Ancestry ancestry,
            LayerLife life,
            Quarantine quarantine) {
        this.info = info;
        this.backend = backend;
        this.records = records;
        this.ancestry = ancestry;
        this.life = life;
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

        Finding finding(LayerId id) {
            return new Finding(id.value(), "", "Layer " + id + " " + text, repairable);
        }
    }

    private record Found(LayerId id, Problem problem) {}

    List<Finding> findings() throws IOException {
        var findings = new ArrayList<Finding>();
        for (var found : problems()) {
            var finding = found.problem().finding(found.id());
            // a home that is not there at all is not mounted, perhaps: its records are worth keeping
            var keep = found.problem() == Problem.NO_LAYER && backend.ids().isEmpty();
            findings.add(keep ? new Finding(finding.layer(), "", finding.problem(), false) : finding);
        }
        links(findings);
        for (var stranger : records.strangers()) {
            findings.add(new Finding(
                    "", stranger, "The file " + records.folder().resolve(stranger) + " is no layer's record", true));
        }
        findings.addAll(backend.findings());
        return findings;
    }

    List<String> repair() throws IOException {
        var done = new ArrayList<String>();
        var homeless = backend.ids().isEmpty();
        for (var found : problems()) {
            if (found.problem() != Problem.NO_LAYER || !homeless) {
                repair(found, done);
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
            case UNREADABLE_RECORD -> {
                var layer = ancestry.layer(id);
                setRecordAside(id, done);
                if (layer.filter(l -> l.state() == Layer.State.COMPLETE).isPresent()) {
                    records.begin(id, LayerState.COMPLETE, LayerRecord.of(layer.get(), LayerOptions.NONE));
                    done.add("Wrote the record of layer " + id + " anew");
                }
            }
            case NO_LAYER -> setRecordAside(id, done);
            case ORPHAN -> {
                var place = quarantine.place(id.value());
                if (!backend.mounted().contains(id) && backend.setAside(id, place)) {
                    done.add("Moved layer " + id + " to " + place);
                }
            }
            case UNKNOWN_PARENT -> {
                // only somebody who knows the parent can help
            }
        }
    }

    private void removeIncomplete(LayerId id, List<String> done) throws IOException {
        if (ancestry.childOf(id).isPresent() || backend.mounted().contains(id)) {
            return;
        }
        var failure = life.repair(id);
        if (failure.isPresent()) {
            throw failure.get();
        }
        done.add("Removed layer " + id + ", which was cut off and never whole");
    }

    private void setRecordAside(LayerId id, List<String> done) throws IOException {
        var file = records.file(id, LayerState.COMPLETE);
        var place = quarantine.move(file, file.getFileName().toString());
        records.forget(id);
        done.add("Moved the record of layer " + id + " to " + place);
    }

    private List<Found> problems() throws IOException {
        var all = records.all();
        var present = backend.ids();
        var found = new ArrayList<Found>();
        for (var entry : all.entrySet()) {
            var id = entry.getKey();
            if (!entry.getValue().isComplete()) {
                found.add(new Found(id, Problem.INCOMPLETE));
            } else if (!present.contains(id)) {
                found.add(new Found(id, Problem.NO_LAYER));
            } else if (entry.getValue().record().isEmpty()) {
                found.add(new Found(id, Problem.UNREADABLE_RECORD));
            }
        }
        unrecorded(all, present, found);
        return found;
    }

    /** Layers without a record are the engine's, if it knows them; without any engine nobody can tell. */
    private void unrecorded(Map<LayerId, LayerRecords.Entry> all, Set<LayerId> present, List<Found> found)
            throws IOException {
        var engine = LayerDatabase.read(info.image());
        var parents = new HashSet<LayerId>();
        for (var layer : ancestry.layers()) {
            layer.parent().ifPresent(parents::add);
        }
        for (var id : present) {
            if (all.containsKey(id) || engine.find(id).isPresent()) {
                continue;
            }
            if (engine.isPresent() && !parents.contains(id)) {
                found.add(new Found(id, Problem.ORPHAN));
            } else if (!backend.parentage(id).recorded()) {
                found.add(new Found(id, Problem.UNKNOWN_PARENT));
            }
        }
    }

    /** Parents that are not there, and records that the home contradicts. */
    private void links(List<Finding> findings) throws IOException {
        for (var layer : ancestry.layers()) {
            var id = layer.id();
            if (layer.parent().isPresent() && !backend.exists(layer.parent().get())) {
                findings.add(new Finding(
                        id.value(),
                        "",
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
                            "",
                            "Layer " + id + " was made on " + name(layer.parent()) + ", but the home links it to "
                                    + name(home.parent()),
                            false));
                }
            } catch (storage.api.StorageException e) {
                findings.add(new Finding(id.value(), "", e.getMessage(), false));
            }
        }
    }

    private static String name(java.util.Optional<LayerId> parent) {
        return parent.map(LayerId::value).orElse("no parent");
    }
}
