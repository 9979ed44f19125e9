package storage.itest.migrate;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import storage.testkit.tree.TarMaker;

/** A docker archive of more than 100 MB in three layers, with every kind of file that layers can have. The same each time. */
final class LargeImage {
    private static final int FILES = 600;
    private static final int LARGEST = 200 << 10;
    private static final int BIG = 48 << 20;

    private final Random random = new Random(100);
    private final TarArchiveOutputStream tar;
    private final StringBuilder diffIds = new StringBuilder();
    private final StringBuilder layers = new StringBuilder();
    private int count;

    private LargeImage(OutputStream out) {
        tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
    }

    static void write(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            new LargeImage(out).write();
        }
    }

    private void write() throws IOException {
        layer(system());
        layer(program());
        layer(changes());
        var config = """
                {"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[%s]}}""".formatted(diffIds);
        entry("config.json", config.getBytes(StandardCharsets.UTF_8));
        var manifest = """
                [{"Config":"config.json","RepoTags":["large:1"],"Layers":[%s]}]""".formatted(layers);
        entry("manifest.json", manifest.getBytes(StandardCharsets.UTF_8));
        tar.close();
    }

    /** Many files, with owners, modes, attributes and other names. */
    private byte[] system() {
        var system = new TarMaker().directory("usr", 0755).directory("usr/lib", 0755);
        for (var i = 0; i < FILES; i++) {
            var number = i;
            if (i % 50 == 0) {
                system.directory("usr/lib/" + i / 50, 0750);
            }
            var name = "usr/lib/" + i / 50 + "/file-" + i;
            system.entry(name, TarConstants.LF_NORMAL, bytes(random.nextInt(LARGEST)), entry -> {
                entry.setMode(number % 7 == 0 ? 04755 : 0640);
                entry.setIds(number % 5 * 1000, number % 3 * 100);
                if (number % 11 == 0) {
                    entry.addPaxHeader("SCHILY.xattr.user.number", "of " + number);
                }
            });
            if (i % 13 == 0) {
                system.link("usr/lib/again-" + i, name);
            }
            if (i % 17 == 0) {
                system.symlink("usr/lib/link-" + i, "/" + name);
            }
        }
        return system.device("null", 1, 3)
                .entry("pipe", TarConstants.LF_FIFO, new byte[0], entry -> entry.setMode(0600))
                .file("n".repeat(200) + "/" + "\u00fc".repeat(100), "a long name")
                .bytes();
    }

    private byte[] program() {
        return new TarMaker()
                .directory("opt", 0711)
                .entry("opt/big", TarConstants.LF_NORMAL, bytes(BIG), entry -> entry.setMode(0755))
                .link("opt/big-again", "opt/big")
                .whiteout("usr/lib/0/file-1")
                .bytes();
    }

    private byte[] changes() {
        return new TarMaker()
                .directory("usr/lib/1", 0700)
                .opaque("usr/lib/1")
                .file("usr/lib/1/new", "all others are gone")
                .whiteout("usr/lib/again-0")
                .file("usr/lib/2/file-100", "overwritten")
                .file("opt/big-again", "no longer the same")
                .bytes();
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void layer(byte[] archive) throws IOException {
        var name = ++count + "/layer.tar";
        entry(name, archive);
        layers.append(count == 1 ? "" : ",").append('"').append(name).append('"');
        diffIds.append(count == 1 ? "" : ",")
                .append("\"sha256:")
                .append(digest(archive))
                .append('"');
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void entry(String name, byte[] content) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
