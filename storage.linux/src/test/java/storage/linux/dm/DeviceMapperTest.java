package storage.linux.dm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import storage.linux.SyscallException;

/** The binding where there is no device-mapper; what it does where there is one is tested by the driver, in a guest. */
class DeviceMapperTest {
    private static final Path CONTROL = Path.of("/dev/mapper/control");

    private final DeviceMapper mapper = DeviceMapper.system();
    private final boolean there = Files.exists(CONTROL);

    /** The library makes the node of a device that is not there, in order to open it. */
    @AfterEach
    void leaveNoNode() throws Exception {
        if (!Files.readString(Path.of("/proc/misc")).contains("device-mapper") && !there) {
            Files.deleteIfExists(CONTROL);
        }
    }

    private void withLibrary() {
        Assumptions.assumeTrue(
                mapper.missing().isEmpty(), () -> mapper.missing().orElse(""));
    }

    @Test
    void libraryIsThereOrToldInASentence() throws Exception {
        var missing = mapper.missing();
        if (missing.isEmpty()) {
            assertThat(mapper.libraryVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
        } else {
            assertThat(missing.get()).contains("libdevmapper").doesNotContain("\n");
            assertThat(catchThrowable(mapper::libraryVersion)).hasMessage(missing.get());
        }
    }

    /** One test, because the library asks the kernel for its version once in a process, and only then complains. */
    @Test
    void whatTheLibrarySaysIsPassedOnWithItsArgumentsAndABrokenLogHarmsNothing() {
        withLibrary();
        Assumptions.assumeFalse(there, "there is a device-mapper");
        List<String> said = new ArrayList<>();
        mapper.log((level, text) -> {
            said.add(level + " " + text);
            throw new IllegalStateException("a broken log");
        });
        try {
            assertThat(catchThrowable(() -> mapper.info("nothing"))).isInstanceOf(SyscallException.class);
        } finally {
            mapper.log(null);
        }
        // formats are filled in, and come with their level
        assertThat(said).anyMatch(text -> text.matches("[234] .*/dev/mapper/control.*"));
        assertThat(said).noneMatch(text -> text.matches("[234] .*%[a-z].*"));
        var count = said.size();
        assertThat(catchThrowable(() -> mapper.info("nothing"))).isNotNull();
        assertThat(said).hasSize(count);
    }
}
