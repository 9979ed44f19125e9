package storage.testkit.hostile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import storage.api.StorageException.Kind;

/**
 * An archive, what it is unpacked on, and what has to come of it.
 *
 * @param name what documentation and failures call it
 * @param parents archives of the layers below, base first
 * @param archive makes the archive; is told of the folder outside that it is aimed at
 * @param options driver options of the store
 * @param outcome what comes of it
 * @param error the kind of error, if it is refused
 * @param expected the tree that the layer shows then, if it is not refused
 * @param needsRoot whether the tree is only so if root unpacks it
 */
public record HostileCase(
        String name,
        List<byte[]> parents,
        Function<Path, byte[]> archive,
        Map<String, String> options,
        Outcome outcome,
        Optional<Kind> error,
        Function<Path, Map<String, String>> expected,
        boolean needsRoot) {
    /** What can become of a hostile archive. */
    public enum Outcome {
        /** What leads out is followed, and ends inside the root. */
        INSIDE("followed inside the root"),
        /** What has the name goes, and nothing is written through it. */
        REPLACED("replaced"),
        /** It only looks dangerous: the layer shows it as it is. */
        KEPT("kept"),
        /** The entry, or the attribute, has no effect. */
        LEFT_OUT("left out"),
        /** The archive is refused and the layer is as it was before. */
        REFUSED("refused");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    @Override
    public String toString() {
        return name;
    }

    static Builder named(String name) {
        return new Builder(name);
    }

    /** Puts a case together. */
    static final class Builder {
        private final String name;
        private final List<byte[]> parents = new ArrayList<>();
        private Function<Path, byte[]> archive;
        private Map<String, String> options = Map.of();
        private boolean needsRoot;

        private Builder(String name) {
            this.name = name;
        }

        /** Puts a layer below. */
        Builder on(RawTar parent) {
            parents.add(parent.bytes());
            return this;
        }

        Builder with(String option, String value) {
            options = Map.of(option, value);
            return this;
        }

        Builder asRoot() {
            needsRoot = true;
            return this;
        }

        Builder tar(RawTar tar) {
            return bytes(tar.bytes());
        }

        Builder bytes(byte[] bytes) {
            archive = canary -> bytes;
            return this;
        }

        /** An archive that is aimed at a folder outside. */
        Builder aimed(Function<Path, RawTar> tar) {
            archive = canary -> tar.apply(canary).bytes();
            return this;
        }

        HostileCase refused(Kind kind) {
            return end(Outcome.REFUSED, Optional.of(kind), canary -> Map.of());
        }

        HostileCase bad() {
            return refused(Kind.BAD_ARCHIVE);
        }

        HostileCase tooMuch() {
            return refused(Kind.LIMIT_EXCEEDED);
        }

        HostileCase inside(Consumer<Picture> picture) {
            return shown(Outcome.INSIDE, (tree, canary) -> picture.accept(tree));
        }

        HostileCase replaced(Consumer<Picture> picture) {
            return shown(Outcome.REPLACED, (tree, canary) -> picture.accept(tree));
        }

        HostileCase kept(Consumer<Picture> picture) {
            return shown(Outcome.KEPT, (tree, canary) -> picture.accept(tree));
        }

        HostileCase leftOut(Consumer<Picture> picture) {
            return shown(Outcome.LEFT_OUT, (tree, canary) -> picture.accept(tree));
        }

        /** What the layer shows, where that depends on what the archive is aimed at. */
        HostileCase shown(Outcome outcome, Aimed picture) {
            return end(outcome, Optional.empty(), canary -> {
                var tree = new Picture();
                picture.draw(tree, canary);
                return tree.lines();
            });
        }

        private HostileCase end(Outcome outcome, Optional<Kind> error, Function<Path, Map<String, String>> expected) {
            return new HostileCase(name, List.copyOf(parents), archive, options, outcome, error, expected, needsRoot);
        }
    }

    /** Draws a tree. */
    @FunctionalInterface
    interface Aimed {
        void draw(Picture tree, Path canary);
    }
}
