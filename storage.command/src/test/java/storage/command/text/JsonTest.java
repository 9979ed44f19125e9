package storage.command.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void everyKindOfValueReadsBack() throws Exception {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("text", "a \"quoted\" \\ \u0001 \u00e4 \ud83c\udfe0");
        value.put("number", 1L << 40);
        value.put("yes", true);
        value.put("none", Optional.empty());
        value.put("some", Optional.of("x"));
        value.put("errno", OptionalInt.of(5));
        value.put("list", List.of(1, List.of(), Map.of()));
        value.put("raw", new Json.Raw("{\"b\":[1]}"));
        var read = JsonMapper.builder().build().readTree(Json.text(value));
        assertThat(read.get("text").asText()).isEqualTo(value.get("text"));
        assertThat(read.get("number").asLong()).isEqualTo(1L << 40);
        assertThat(read.get("yes").asBoolean()).isTrue();
        assertThat(read.get("none").isNull()).isTrue();
        assertThat(read.get("some").asText()).isEqualTo("x");
        assertThat(read.get("errno").asInt()).isEqualTo(5);
        assertThat(read.get("list")).hasSize(3);
        assertThat(read.at("/raw/b/0").asInt()).isEqualTo(1);
        List<String> keys = new ArrayList<>();
        read.fieldNames().forEachRemaining(keys::add);
        assertThat(keys).containsExactlyElementsOf(value.keySet());
    }

    /** Python reads it back with surrogateescape, which is the convention of the names. */
    @Test
    void bytesThatAreNoUtf8ComeAsLoneSurrogates() {
        assertThat(Json.text("a\udcff")).isEqualTo("\"a\\udcff\"");
    }
}
