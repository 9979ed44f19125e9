package storage.selector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DriverOptionTest {
    private static DriverOption of(String text) {
        return DriverOption.parse(text).orElseThrow();
    }

    @Test
    void keyAndValueHaveNoBlanksAround() {
        assertThat(of("dm.fs=xfs")).isEqualTo(new DriverOption("dm.fs", "xfs"));
        assertThat(of(" dm.mkfsarg = -O a=b ")).isEqualTo(new DriverOption("dm.mkfsarg", "-O a=b"));
        assertThat(of("a=")).isEqualTo(new DriverOption("a", ""));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "dm.fs", "=xfs", "  =xfs"})
    void othersAreNone(String text) {
        assertThat(DriverOption.parse(text)).isEmpty();
    }

    @Test
    void whatIsGivenAgainIsPutTogether() {
        var all = DriverOption.together(List.of(of("b=1"), of("a=2"), of("b=3")));

        assertThat(all).containsExactly(Map.entry("b", "1 3"), Map.entry("a", "2"));
    }
}
