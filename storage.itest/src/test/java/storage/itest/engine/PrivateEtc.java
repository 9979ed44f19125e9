package storage.itest.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A mount namespace with an {@code /etc} of its own, for programs whose users have to be known there; the machine's is not
 * touched. Its mounts end with it.
 */
final class PrivateEtc implements AutoCloseable {
    /** A user that has ids below it. */
    static final String USER = "remapped";

    /** The first of its {@value #IDS} ids. */
    static final int FIRST = 100_000;

    private static final int IDS = 65_536;
    private static final int OWN_ID = 64_999;

    private final Process keeper;

    private PrivateEtc(Process keeper) {
        this.keeper = keeper;
    }

    static PrivateEtc in(Path folder) throws IOException {
        var upper = Files.createDirectories(folder.resolve("upper"));
        Files.createDirectories(folder.resolve("work"));
        add(upper, "passwd", USER + ":x:" + OWN_ID + ":" + OWN_ID + "::/:/bin/false");
        add(upper, "group", USER + ":x:" + OWN_ID + ":");
        add(upper, "subuid", USER + ":" + FIRST + ":" + IDS);
        add(upper, "subgid", USER + ":" + FIRST + ":" + IDS);
        var keeper = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "sh",
                        "-c",
                        "mount -t overlay -o lowerdir=/etc,upperdir=\"$1/upper\",workdir=\"$1/work\" overlay /etc"
                                + " && echo ready && exec cat",
                        "sh",
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        var answer = keeper.inputReader().readLine();
        if (!"ready".equals(answer)) {
            throw new IOException("No /etc of its own: " + answer);
        }
        return new PrivateEtc(keeper);
    }

    private static void add(Path upper, String name, String line) throws IOException {
        var file = upper.resolve(name);
        var original = Path.of("/etc", name);
        Files.writeString(file, Files.exists(original) ? Files.readString(original) : "");
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** What a command begins with that is to run in it. */
    List<String> enter() {
        return List.of("nsenter", "--mount", "--target", String.valueOf(keeper.pid()), "--");
    }

    @Override
    public void close() throws IOException {
        keeper.getOutputStream().close();
        try {
            if (!keeper.waitFor(10, TimeUnit.SECONDS)) {
                keeper.destroyForcibly();
            }
        } catch (InterruptedException e) {
            keeper.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
