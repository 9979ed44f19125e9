package storage.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import storage.testkit.Guest;
import storage.testkit.store.Settings;

/** The program on thin devices, in a guest whose kernel has them. */
class ThinDevicesIT {
    private static final int MINUTES = 20;
    private static final String STORE =
            " --driver devmapper --opt dm.loopdatasize=2g --opt dm.loopmetadatasize=16m --opt dm.basesize=400m";

    /** The demo checks itself; its archive is brought in once more, and shows what another driver shows of it. */
    private static final String SCRIPT = """
            set -e
            export STORAGE_NO_BUILD=1
            storage() { sh "$PROGRAM" "$@"; }
            storage --root /run/none drivers
            storage --root /run/demo STORE demo --keep
            archive=$(ls /run/demo/*/docker.tar)
            storage --root /run/thin STORE import "$archive" --name img
            storage --root /run/plain --driver vfs import "$archive" --name img
            for root in thin plain; do
                storage --root /run/$root create box --from img >/dev/null
                cd "$(storage --root /run/$root mount box)"
                find . ! -type d -printf '%p %y %m %U:%G %s %l\\n' | sort >/run/$root.txt
                find . -type f -print0 | sort -z | xargs -0 sha256sum >>/run/$root.txt
                cd /
                storage --root /run/$root umount box
            done
            cmp /run/thin.txt /run/plain.txt
            wc -l /run/thin.txt
            storage --root /run/thin check --full
            storage --root /run/thin rm box
            storage --root /run/thin cleanup
            dmsetup ls
            """.replace("STORE", STORE.strip());

    @Test
    void demoAndImagesOnThinDevices() throws Exception {
        Assumptions.assumeTrue(
                "full".equals(System.getProperty(Settings.MATRIX)), "a pool in a guest takes minutes: ./check --full");
        var program = Path.of("../storage").toAbsolutePath().normalize();
        var words = List.of("env", "PROGRAM=" + program, "sh", "-c", SCRIPT);
        var said = Guest.command(words, MINUTES, "--udev");
        assertThat(said.code()).as(said.output()).isZero();
        assertThat(said.output())
                .contains("Done.")
                .containsPattern("devmapper +300 +supported")
                .contains("No devices found");
    }
}
