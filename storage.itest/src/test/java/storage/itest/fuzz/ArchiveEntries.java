package storage.itest.fuzz;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.IdMaps;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.common.archive.WhiteoutForm;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.testkit.hostile.BriefTree;
import storage.testkit.hostile.RawTar;
import storage.testkit.tree.TreeMaker;

/**
 * Archives of well-formed entries with few names, so that they meet: two layers, unpacked over one tree and, the second
 * into a directory of its own, in the form of overlays. Both are refused or neither is.
 */
public final class ArchiveEntries {
    private static final Arena ARENA = new Arena();
    private static final List<String> NAMES =
            List.of("a", "b", "c", "a/b", "a/c", "b/a", "a/b/c", "b/a/c", "c/a", "..", "/a", "../../b", "a/../c");
    private static final int MOST = 60;
    private static final UnpackOptions OPTIONS =
            new UnpackOptions(IdMaps.IDENTITY, ArchiveLimits.DEFAULT, Optional.empty());

    private ArchiveEntries() {}

    public static void fuzzerTestOneInput(byte[] data) {
        ARENA.run(() -> {
            try {
                var half = data.length / 2;
                layers(archive(data, 0, half), archive(data, half, data.length));
            } finally {
                for (var name : List.of("plain", "lower", "upper")) {
                    if (Files.exists(ARENA.folder.resolve(name))) {
                        new TreeMaker(ARENA.linux, ARENA.folder).remove(name);
                    }
                }
            }
        });
    }

    private static void layers(byte[] first, byte[] second) throws IOException {
        try (var plain = folder("plain");
                var lower = folder("lower");
                var upper = folder("upper")) {
            unpack(UnpackTarget.plain(lower.number()), first);
            unpack(UnpackTarget.plain(plain.number()), first);
            var below = show("lower");
            Optional<IOException> one = refusal(UnpackTarget.plain(plain.number()), second);
            Optional<IOException> other =
                    refusal(new UnpackTarget(upper.number(), List.of(lower.number()), WhiteoutForm.OVERLAY), second);
            if (one.isPresent() != other.isPresent()) {
                throw new IllegalStateException(
                        "plain: " + one + ", overlay: " + other, one.orElse(other.orElse(null)));
            }
            if (!show("lower").equals(below)) {
                throw new IllegalStateException("the layer below has changed");
            }
        }
    }

    private static Map<String, String> show(String name) throws IOException {
        return BriefTree.of(ARENA.linux, ARENA.folder.resolve(name), id -> id, true, java.util.Set.of());
    }

    private static Fd folder(String name) throws IOException {
        Path folder = Files.createDirectory(ARENA.folder.resolve(name));
        return Fd.directory(ARENA.linux, PathBytes.text(folder));
    }

    private static Optional<IOException> refusal(UnpackTarget target, byte[] archive) {
        try {
            unpack(target, archive);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        }
    }

    private static void unpack(UnpackTarget target, byte[] archive) throws IOException {
        LayerUnpacker.unpack(ARENA.linux, target, new ByteArrayInputStream(archive), OPTIONS);
    }

    /** Three bytes an entry: what it is, its name, where it leads. */
    private static byte[] archive(byte[] data, int from, int to) {
        var tar = new RawTar();
        for (var i = from; i + 2 < to && i < from + 3 * MOST; i += 3) {
            add(tar, data[i] & 0xff, pick(data[i + 1]), data[i + 2]);
        }
        return tar.bytes();
    }

    private static void add(RawTar tar, int type, String name, byte target) {
        switch (type % 10) {
            case 0, 1 -> tar.mode(0700 + type / 10).directory(name);
            case 2, 3 -> tar.file(name, "content " + target);
            case 4 -> tar.symlink(name, pick(target));
            case 5 -> tar.symlink(name, target % 2 == 0 ? ARENA.canary.toString() : "../".repeat(9) + ARENA.canary);
            case 6 -> tar.link(name, target % 5 == 0 ? ARENA.canary + "/a/c" : pick(target));
            case 7 -> tar.fifo(name);
            case 8 -> tar.whiteout(name);
            default -> tar.opaque(name);
        }
    }

    private static String pick(byte number) {
        return NAMES.get((number & 0xff) % NAMES.size());
    }
}
