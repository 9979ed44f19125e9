package storage.common.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.common.io.HomeFiles;
import storage.linux.Stat;

/**
 * Damage that was found, and what puts it right.
 *
 * @param finding what is told
 * @param remedy empty if there is none
 */
public record Problem(Finding finding, Optional<Remedy> remedy) {
    /** How often remedies are tried: one may only be possible after another. */
    private static final int ROUNDS = 3;

    /** Puts something right and answers a sentence about it. */
    @FunctionalInterface
    public interface Remedy {
        String run() throws IOException;
    }

    /** Looks for damage. */
    @FunctionalInterface
    public interface Search {
        List<Problem> run() throws IOException;
    }

    public Problem(Finding finding, Remedy remedy) {
        this(finding, Optional.of(remedy));
    }

    /** @param path in the home */
    public static Problem of(LayerId layer, String path, String text) {
        return new Problem(new Finding(layer.value(), path, text, false), Optional.empty());
    }

    /** @param path in the home */
    public static Problem of(LayerId layer, String path, String text, Remedy remedy) {
        return new Problem(new Finding(layer.value(), path, text, true), Optional.of(remedy));
    }

    /** A folder that more people may enter than it should be. */
    public static Optional<Problem> ofMode(HomeFiles files, LayerId layer, String folder, int allowed)
            throws IOException {
        var mode = files.stat(folder).map(Stat::permissions).orElse(0);
        if ((mode & ~allowed) == 0) {
            return Optional.empty();
        }
        var text = "The folder " + folder + " can be entered by others (mode " + Integer.toOctalString(mode) + ")";
        return Optional.of(of(layer, folder, text, () -> {
            files.mode(folder, allowed);
            return "Set the mode of " + folder + " to " + Integer.toOctalString(allowed);
        }));
    }

    /**
     * Whether a layer is being made, filled or removed, or has gone: then nothing about it is damage. Asked before and
     * after a layer is looked at, because it may be in use meanwhile.
     */
    public static boolean isInTheMaking(KnownLayers known, LayerId id) throws IOException {
        return known.layer(id)
                .filter(layer -> layer.state() != Layer.State.INCOMPLETE)
                .isEmpty();
    }

    /** Looks at one layer and adds what is wrong with it. */
    @FunctionalInterface
    public interface Look {
        void at(LayerId id) throws IOException;
    }

    /**
     * Looks at a layer, unless it {@linkplain #isInTheMaking is in the making} before or afterwards.
     *
     * @param problems what the look adds to; what it adds is taken back if it does not count
     */
    public static void look(KnownLayers known, LayerId id, List<Problem> problems, Look look) throws IOException {
        var before = problems.size();
        if (!isInTheMaking(known, id)) {
            look.at(id);
        }
        if (problems.size() > before && isInTheMaking(known, id)) {
            problems.subList(before, problems.size()).clear();
        }
    }

    /** What is wrong. */
    public static List<Finding> findings(Search search) throws IOException {
        return search.run().stream().map(Problem::finding).toList();
    }

    /** Puts right what can be, and answers what was done. */
    public static List<String> repair(Search search) throws IOException {
        var done = new ArrayList<String>();
        for (var round = 0; round < ROUNDS; round++) {
            var before = done.size();
            for (var problem : search.run()) {
                if (problem.remedy().isPresent()) {
                    done.add(problem.remedy().get().run());
                }
            }
            if (done.size() == before) {
                break;
            }
        }
        return done;
    }
}
