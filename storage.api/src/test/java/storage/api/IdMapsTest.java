package storage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import storage.api.IdMaps.Range;

class IdMapsTest {
    private final IdMaps maps = new IdMaps(
            List.of(new Range(0, 100_000, 1000), new Range(1000, 500, 1)), List.of(new Range(0, 200_000, 10)));

    @Test
    void mapsBothWays() {
        assertThat(maps.uidOutside(0)).isEqualTo(100_000);
        assertThat(maps.uidOutside(999)).isEqualTo(100_999);
        assertThat(maps.uidOutside(1000)).isEqualTo(500);
        assertThat(maps.uidInside(100_999)).isEqualTo(999);
        assertThat(maps.uidInside(500)).isEqualTo(1000);
        assertThat(maps.gidOutside(9)).isEqualTo(200_009);
        assertThat(maps.rootUid()).isEqualTo(100_000);
        assertThat(maps.rootGid()).isEqualTo(200_000);
    }

    @Test
    void idsOutsideOfEveryRangeHaveNoPartner() {
        assertThat(maps.uidOutside(1001)).isEqualTo(-1);
        assertThat(maps.uidInside(0)).isEqualTo(-1);
        assertThat(maps.gidOutside(10)).isEqualTo(-1);
    }

    @Test
    void withoutMapsEverythingIsItself() {
        assertThat(IdMaps.IDENTITY.isIdentity()).isTrue();
        assertThat(IdMaps.IDENTITY.uidOutside(4_000_000_000L)).isEqualTo(4_000_000_000L);
        assertThat(IdMaps.IDENTITY.rootUid()).isZero();
    }

    @Test
    void rangesAreOf32BitIds() {
        assertThatThrownBy(() -> new Range(0, 4_294_967_295L, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Range(-1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Range(0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
