package storage.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import storage.command.entry.CommandWord;
import storage.command.run.Catalogue;
import storage.command.run.Globals;

/** The lists that have to agree: catalogue, classes, options. */
class CommandsTest {
    static List<String> names() {
        return Catalogue.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyCommandCanBeMadeAndParsed(String name) {
        assertThat(Verbs.make(name, null)).isNotNull();
        assertThat(spec(name).options()).isNotNull();
    }

    @Test
    void otherWordsAreNoCommands() {
        assertThat(Verbs.make("flurb", null)).isNull();
        assertThat(Verbs.make("", null)).isNull();
    }

    /** Or the value of an option would be taken for the command's name. */
    @Test
    void theLauncherKnowsEveryOptionThatTakesAValue() {
        Set<String> takeValues = new TreeSet<>();
        for (var name : names()) {
            collect(spec(name), takeValues);
        }
        collect(CommandSpec.forAnnotatedObject(new Globals()), takeValues);
        assertThat(CommandWord.OPTIONS_WITH_VALUE).containsExactlyInAnyOrderElementsOf(takeValues);
    }

    private static void collect(CommandSpec spec, Set<String> takeValues) {
        for (OptionSpec option : spec.options()) {
            if (option.arity().min() > 0) {
                takeValues.addAll(List.of(option.names()));
            }
        }
    }

    /** Gogo finds functions by methods; that the properties name the same, the program's own tests see. */
    @ParameterizedTest
    @MethodSource("names")
    void gogoHasEveryCommandButThoseThatTakeTheTerminal(String name) {
        assertThat(Arrays.stream(GogoCommands.class.getMethods())
                        .anyMatch(method ->
                                method.getName().replaceFirst("^_", "").equals(name)))
                .isEqualTo(!Set.of("shell", "serve").contains(name));
    }

    private static CommandSpec spec(String name) {
        return CommandSpec.forAnnotatedObject(Verbs.make(name, null));
    }
}
