package storage.testkit.hostile;

import java.util.List;
import java.util.Random;

/**
 * Archives of few names with everything that can happen to them: entries twice and of several types, links of both
 * kinds, whiteouts and opaque marks wherever, directories that no entry names, names through links. The same for the same
 * seed. Many are such that they have to be refused.
 */
public final class RandomArchive {
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final List<String> TARGETS = List.of(
            "a", "b", "../a", "/c", "/c/d", "..", "/", ".", "b/../c", "../../..", "nowhere", "/a/b", "c/", "d/d/d");

    private final Random random;

    public RandomArchive(long seed) {
        random = new Random(seed);
    }

    /** The next archive. */
    public byte[] next() {
        var tar = new RawTar();
        var entries = 1 + random.nextInt(10);
        for (var i = 0; i < entries; i++) {
            add(tar);
        }
        return tar.bytes();
    }

    private void add(RawTar tar) {
        var name = path();
        switch (random.nextInt(15)) {
            case 0, 1, 2, 3 -> tar.mode(pick(List.of(0755, 0700, 01777))).directory(name);
            case 4, 5, 6 -> tar.mode(pick(List.of(0644, 04755, 0600))).file(name, "content " + random.nextInt(1000));
            case 7, 8 -> tar.symlink(name, pick(TARGETS));
            case 9, 10 -> tar.link(name, path());
            case 11 -> tar.fifo(name);
            case 12 -> tar.owner(random.nextInt(3) * 1000L, 7).file(name, "owned");
            case 13 -> tar.whiteout(name);
            default -> tar.opaque(name);
        }
    }

    private String path() {
        var path = new StringBuilder(random.nextInt(12) == 0 ? "./" : "");
        path.append(pick(NAMES));
        for (var depth = random.nextInt(3); depth > 0; depth--) {
            path.append(random.nextInt(15) == 0 ? "/.." : "").append('/').append(pick(NAMES));
        }
        return path.toString();
    }

    private <T> T pick(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
