package storage.overlay.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import storage.api.driver.Verdict.Evidence;

/** The settings of the overlay module, which each mount takes unless it says otherwise. */
final class KernelSettings {
    private static final Path PARAMETERS = Path.of("/sys/module/overlay/parameters");

    private KernelSettings() {}

    /** Whether the kernel by itself redirects directories or leaves content behind when it copies up. */
    static boolean spoilNativeDiff() {
        return isOn("redirect_dir") || isOn("metacopy");
    }

    /**
     * The options that go first in each mount. The index (of hard links) remembers which lower directories an upper one
     * was used with and refuses it with others; layers that are copied to another store are used with others.
     */
    static List<String> mountOptions() {
        return Files.exists(PARAMETERS.resolve("index")) ? List.of("index=off") : List.of();
    }

    static Evidence evidence() {
        return new Evidence(
                PARAMETERS.toString(),
                "redirect_dir=" + value("redirect_dir").orElse("?") + " metacopy="
                        + value("metacopy").orElse("?") + " index="
                        + value("index").orElse("?"));
    }

    private static boolean isOn(String parameter) {
        return value(parameter).filter("Y"::equals).isPresent();
    }

    private static Optional<String> value(String parameter) {
        try {
            return Optional.of(Files.readString(PARAMETERS.resolve(parameter), StandardCharsets.ISO_8859_1)
                    .strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
