package storage.command.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamesTest {
    @Test
    void ordinaryNamesStayAsTheyAre() {
        assertThat(Names.shown("/etc/motd", true)).isEqualTo("/etc/motd");
        assertThat(Names.shown("/h\u00e4user/\ud83c\udfe0", true)).isEqualTo("/h\u00e4user/\ud83c\udfe0");
    }

    @Test
    void controlCharactersAreEscapedEverywhere() {
        assertThat(Names.shown("a\nD /etc", false)).isEqualTo("a\\nD /etc");
        assertThat(Names.shown("\u001b[2J\t\r\u007f", false)).isEqualTo("\\x1b[2J\\t\\r\\x7f");
    }

    @Test
    void bytesThatAreNoUtf8AreEscapedOnATerminalOnly() {
        assertThat(Names.shown("a\udcff", true)).isEqualTo("a\\xff");
        assertThat(Names.shown("a\udcff", false)).isEqualTo("a\udcff");
    }

    @Test
    void whatSteersATerminalOtherwiseIsEscapedOnOne() {
        assertThat(Names.shown("\u009b2J \u202e", true)).isEqualTo("\\x9b2J \\u202e");
    }
}
