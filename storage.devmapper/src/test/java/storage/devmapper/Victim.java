package storage.devmapper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.linux.Linux;
import storage.linux.dm.DeviceMapper;
import storage.loopback.KernelLoopDevices;

/** A process that works on the store of {@link GuestStore} and ends at a certain step, as if it were killed there. */
final class Victim {
    private static final int KILLED = 137;

    private static int left;

    private Victim() {}

    /**
     * Lets such a process work.
     *
     * @param work {@code open}, {@code resize}, {@code create} on layer {@code low} or another that is named behind a
     *     blank, or {@code remove} of layer {@code old}
     * @param like its options are taken
     * @return false if the work was done before so many steps
     */
    static boolean dies(int step, String work, GuestStore like) throws Exception {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                Integer.toString(step),
                work));
        like.options().forEach((key, value) -> command.add(key + "=" + value));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isIn(0, KILLED);
        System.out.println(work + " " + step + ": " + output.lines().reduce("", (first, last) -> last));
        return process.exitValue() == KILLED;
    }

    /** Arguments: at which step, what to do, and options of the store. */
    public static void main(String[] arguments) throws Exception {
        var test = new GuestStore();
        for (var option : List.of(arguments).subList(2, arguments.length)) {
            test.with(option.split("=", 2)[0], option.split("=", 2)[1]);
        }
        var work = arguments[1].split(" ", 2);
        if (work[0].equals("resize")) {
            test.with("dm.loopdatasize", "2g");
        }
        var steps = Integer.parseInt(arguments[0]);
        if (work[0].equals("open") || work[0].equals("resize")) {
            left = steps;
        }
        var linux = Linux.syscalls();
        var driver = new DevmapperDriver(linux, DeviceMapper.system(), new KernelLoopDevices(linux), Victim::reached);
        try (var store = driver.open(test.home())) {
            left = work[0].equals("resize") ? 0 : steps;
            work(store, work[0], work.length > 1 ? work[1] : "low");
            left = 0;
        }
    }

    private static void work(LayerStore store, String what, String parent) throws IOException {
        var below = java.util.Optional.of(GuestStore.id(parent));
        switch (what) {
            case "create" ->
                store.createReadWrite(GuestStore.id("box"), below, LayerOptions.storage(Map.of("size", "160m")));
            case "remove" -> store.remove(GuestStore.id("old"));
            default -> left = 0;
        }
    }

    private static void reached(String step) {
        if (left > 0 && --left == 0) {
            System.out.println("killed at: " + step);
            System.out.flush();
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
