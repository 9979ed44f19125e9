package storage.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LayerUnpacker;
import storage.common.archive.UnpackOptions;
import storage.common.archive.UnpackTarget;
import storage.linux.Fd;
import storage.linux.PathBytes;
import storage.testkit.Require;
import storage.testkit.hostile.BriefTree;
import storage.testkit.hostile.RandomArchive;
import storage.testkit.tree.TreeMaker;

/**
 * Random archives on each other: every backend shows what one plain tree shows into which they were unpacked one after the
 * other, and refuses what is refused there. So all backends show the same, and so does every way of unpacking.
 */
abstract class EqualityRules extends StoreRules {
    private static final Set<String> MARKS = Set.of("trusted.overlay.opaque", "user.overlay.opaque");
    private static final int STACKS = Integer.getInteger("storage.test.stacks", 8);
    private static final int LAYERS = 4;

    /** Many have to be refused; that is compared too. */
    private static final int ATTEMPTS = 12;

    private static final long SEED = 20_240_229L;

    /** The ways in which an archive can be unpacked, the plainest first: they differ in time alone. */
    private List<UnpackOptions> ways() {
        var ids = bench().setting().ids().maps();
        var alone = new UnpackOptions(ids, ArchiveLimits.DEFAULT, Optional.empty()).withThreads(1);
        return List.of(alone, alone.withThreads(3).withWorthwhile(0));
    }

    @Test
    void randomArchivesShowTheSameEverywhere() throws Exception {
        // an ordinary user's plain tree lacks what his store has on record
        Require.root();
        var accepted = 0;
        for (var number = 0; number < STACKS; number++) {
            var archives = new RandomArchive(bench().setting().toString().hashCode() + SEED + number);
            List<byte[]> stack = new ArrayList<>();
            Optional<LayerId> top = Optional.empty();
            for (var attempt = 0; attempt < ATTEMPTS && stack.size() < LAYERS; attempt++) {
                var archive = archives.next();
                var layer = id("layer-" + number + "-" + attempt);
                if (isAccepted(stack, archive, layer, top)) {
                    stack.add(archive);
                    top = Optional.of(layer);
                }
            }
            accepted += stack.size();
        }
        // a seed may be such that one stack has no archive that is accepted
        assertThat(accepted).as("accepted archives").isGreaterThan(STACKS);
    }

    private boolean isAccepted(List<byte[]> stack, byte[] archive, LayerId layer, Optional<LayerId> below)
            throws Exception {
        var all = new ArrayList<>(stack);
        all.add(archive);
        var expected = plain(all, ways().get(0));
        for (var way : ways()) {
            assertThat(plain(all, way)).as(layer + " by " + way).isEqualTo(expected);
        }
        store().create(layer, below, NONE);
        if (expected.isEmpty()) {
            refused(Kind.BAD_ARCHIVE, layer, () -> store().applyDiff(layer, new ByteArrayInputStream(archive)));
            store().remove(layer);
            return false;
        }
        store().applyDiff(layer, new ByteArrayInputStream(archive));
        try (var mount = store().mount(layer)) {
            assertSame(show(mount.path()), expected.get());
        }
        return true;
    }

    /** What a plain tree shows after these archives; empty if one of them is refused. */
    private Optional<Map<String, String>> plain(List<byte[]> archives, UnpackOptions how) throws IOException {
        var folder = Files.createDirectory(bench().root().resolveSibling("plain"));
        new TreeMaker(bench().linux(), folder).mode("", 0755);
        try (var root = Fd.directory(bench().linux(), PathBytes.text(folder))) {
            for (var archive : archives) {
                var in = new ByteArrayInputStream(archive);
                LayerUnpacker.unpack(bench().linux(), UnpackTarget.plain(root.number()), in, how);
            }
            return Optional.of(show(folder));
        } catch (StorageException e) {
            assertThat(e.kind()).as(e.toString()).isEqualTo(Kind.BAD_ARCHIVE);
            return Optional.empty();
        } finally {
            new TreeMaker(bench().linux(), folder.getParent()).remove("plain");
        }
    }

    private Map<String, String> show(Path folder) throws IOException {
        return BriefTree.of(bench().linux(), folder, bench()::outside, bench().privileged(), MARKS);
    }
}
