package storage.selector.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.IdMaps.Range;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo.Access;
import storage.selector.StoreRequest;

class RequestsTest {
    /** As the component runtime makes it: what is not configured is the default, or null where there is none. */
    private static StoreConfiguration configuration(Map<String, Object> values) {
        return (StoreConfiguration) Proxy.newProxyInstance(
                StoreConfiguration.class.getClassLoader(),
                new Class<?>[] {StoreConfiguration.class},
                (proxy, method, arguments) -> values.getOrDefault(method.getName(), method.getDefaultValue()));
    }

    @Test
    void whatIsLeftOutHasItsDefault() throws StorageException {
        assertThat(Requests.of(configuration(Map.of("root", "/r")))).isEqualTo(StoreRequest.at(Path.of("/r")));
    }

    @Test
    void everythingCanBeSaid() throws StorageException {
        var request = Requests.of(configuration(Map.of(
                "root",
                "/a b/../c",
                "driver",
                " overlay2 ",
                "options",
                new String[] {"overlay2.size=10G", "empty=", "two=a=b", "list=-m 1", "list= -O "},
                "access",
                "read",
                "uidMap",
                new String[] {"0:100000:65536", " 65536 : 1 : 1 "},
                "gidMap",
                new String[] {"0:5:1"})));

        assertThat(request.root()).isEqualTo(Path.of("/c"));
        assertThat(request.driver()).contains("overlay2");
        assertThat(request.options())
                .isEqualTo(Map.of("overlay2.size", "10G", "empty", "", "two", "a=b", "list", "-m 1 -O"));
        assertThat(request.access()).isEqualTo(Access.READ);
        assertThat(request.idMaps().uids()).isEqualTo(List.of(new Range(0, 100000, 65536), new Range(65536, 1, 1)));
        assertThat(request.idMaps().gids()).isEqualTo(List.of(new Range(0, 5, 1)));
        assertThat(request.newStore()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "root, '', no root",
        "root, relative/path, no absolute path",
        "access, APPEND, 'access ''APPEND'''",
        "options, novalue, KEY=VALUE",
        "options, =value, KEY=VALUE",
        "uidMap, 0:1, no range",
        "uidMap, 0:1:0, no range",
        "uidMap, a:b:c, no range",
        "gidMap, 0:1:99999999999, no range"
    })
    void whatCannotWorkIsNamed(String attribute, String value, String message) {
        var isList = attribute.equals("options") || attribute.endsWith("Map");
        Object given = isList ? new String[] {value} : value;
        Map<String, Object> values =
                attribute.equals("root") ? Map.of("root", given) : Map.of("root", "/r", attribute, given);

        assertThatThrownBy(() -> Requests.of(configuration(values)))
                .hasMessageContaining(message)
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.INVALID);
                    assertThat(e.advice()).isNotEmpty();
                });
    }
}
