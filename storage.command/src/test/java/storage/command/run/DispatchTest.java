package storage.command.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.command.entry.Terminal;
import storage.docker.EnginePlugins;
import storage.image.ImageStore;
import storage.selector.Migrations;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** From arguments to exit codes, with a command of the test's own. */
class DispatchTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Probe probe = new Probe();
    private final Map<String, String> configured = new HashMap<>();
    private boolean interrupted;

    /** Remembers what it was called with. */
    static final class Probe implements Verb {
        @Parameters(arity = "0..*")
        List<String> words;

        @Option(names = "--from")
        String from;

        @Option(names = "--type")
        Kind type;

        Run run;
        Exception failure;

        @Override
        public int run(Run given) throws Exception {
            run = given;
            given.out().line("result");
            if (failure != null) {
                throw failure;
            }
            return ExitCode.OK;
        }
    }

    /** Takes one thing and needs an option. */
    static final class Strict implements Verb {
        @Parameters(paramLabel = "ID")
        String id;

        @Option(names = "-o", paramLabel = "FILE", required = true)
        String output;

        @Override
        public int run(Run given) {
            return ExitCode.OK;
        }
    }

    @Test
    void optionsMayStandOnEitherSide() throws Exception {
        assertThat(run("--root", "/r", "probe", "a", "--driver", "vfs", "--from", "x", "-", "--json"))
                .isZero();
        assertThat(probe.words).containsExactly("a", "-");
        assertThat(probe.from).isEqualTo("x");
        assertThat(probe.run.json()).isTrue();
        assertThat(probe.run.request(storage.api.StoreInfo.Access.READ).root()).hasToString("/r");
        assertThat(probe.run.request(storage.api.StoreInfo.Access.READ).driver())
                .contains("vfs");
    }

    @Test
    void optionsOfTheDriverAddUp() {
        assertThat(run("--opt", "a.b=1", "probe", "--opt=c=2=3")).isZero();
        assertThat(probe.run.options()).containsEntry("a.b", "1").containsEntry("c", "2=3");
    }

    @Test
    void optionThatIsGivenAgainIsAList() {
        assertThat(run("--opt", "dm.mkfsarg=-m 1", "probe", "--opt=dm.mkfsarg=-O", "--opt", "dm.mkfsarg=^has_journal"))
                .isZero();
        assertThat(probe.run.options()).containsExactly(Map.entry("dm.mkfsarg", "-m 1 -O ^has_journal"));
    }

    @Test
    void optionWithoutAValueIsAMistake() {
        assertThat(run("probe", "--opt", "flurb")).isEqualTo(ExitCode.USAGE);
        assertThat(text(err)).contains("--opt").contains("KEY=VALUE");
    }

    @Test
    void nothingAndNonsense() {
        assertThat(run()).isZero();
        assertThat(text(out)).contains("Usage:");
        assertThat(run("flurb")).isEqualTo(ExitCode.USAGE);
        assertThat(text(err)).contains("There is no command 'flurb'.").contains("help");
        err.reset();
        assertThat(run("probe", "--flurb")).isEqualTo(ExitCode.USAGE);
        assertThat(text(err)).contains("--flurb");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "nope|There is no command 'nope'|See 'storage help'",
                "help nope|There is no command 'nope'|See 'storage help'",
                "--driver probe|No command is given: 'probe' was taken for the value of --driver|See 'storage help'",
                "--json=true|No command is given|See 'storage help'",
                "-v|No command is given|See 'storage help'",
                "probe -x|There is no option '-x'|See 'storage help probe'",
                "probe a --flurb=1|There is no option '--flurb'|See 'storage help probe'",
                "probe --root|--root needs a value: --root DIR|See 'storage help probe'",
                "probe --root --json|--root needs a value: --root DIR|See 'storage help probe'",
                "probe --root a --root b|--root is given more than once|See 'storage help probe'",
                "probe --opt x|The value of --opt has to be of the form KEY=VALUE|See 'storage help probe'",
                "probe --type x|'x' is no value of --type|See 'storage help probe'",
                "strict -x|There is no option '-x'|See 'storage help strict'",
                "strict|ID and -o FILE are missing|See 'storage help strict'",
                "strict -o f|ID is missing|See 'storage help strict'",
                "strict a|-o FILE is missing|See 'storage help strict'",
                "strict a b c -o f|'b', 'c' are too much: the command takes ID|See 'storage help strict'",
            })
    void mistakesAreToldInOurWords(String line, String message, String advice) {
        assertThat(run(line.split(" "))).isEqualTo(ExitCode.USAGE);
        assertThat(text(out)).isEmpty();
        if (line.contains("--json")) {
            assertThat(text(err)).contains(message);
        } else {
            assertThat(text(err)).startsWith("storage: " + message).contains("  " + advice + ".\n");
        }
    }

    @Test
    void anEmptyArgumentIsAnArgument() {
        assertThat(run("probe", "", "b")).isZero();
        assertThat(probe.words).containsExactly("", "b");
        assertThat(run("", "b")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void anEmptyRootIsNotTheCurrentFolder() {
        assertThat(run("--root", "", "probe")).isZero();
        assertThatThrownBy(() -> probe.run.request(storage.api.StoreInfo.Access.READ))
                .hasMessage("--root is empty");
    }

    /** What the JVM makes of bytes that are no UTF-8: two names would become one. */
    @Test
    void argumentsThatTheJvmCannotTakeAreRefused() {
        assertThat(run("probe", "x\ufffd.tar")).isEqualTo(ExitCode.USAGE);
        assertThat(text(err)).contains("no UTF-8");
        assertThat(probe.run).isNull();
    }

    @Test
    void whatTheShellWasGivenHoldsForItsCommands() {
        configured.put(Stores.JSON, "true");
        configured.put(Stores.OPTIONS, "a.b=1\nc.d=2");
        assertThat(run("probe", "--opt", "c.d=3")).isZero();
        assertThat(probe.run.json()).isTrue();
        assertThat(probe.run.options()).containsEntry("a.b", "1").containsEntry("c.d", "3");
        assertThat(run("nope")).isEqualTo(ExitCode.USAGE);
        assertThat(text(err)).startsWith("{");
    }

    @Test
    void anInterruptIsToldAsOneWhateverItMadeFail() {
        interrupted = true;
        probe.failure = StorageException.of(Kind.PREREQUISITES, "The driver cannot work here", "Put that right");
        assertThat(run("probe")).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(text(err)).isEqualTo("storage: Interrupted.\n");
        err.reset();
        probe.failure = null;
        assertThat(run("probe")).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(text(err)).startsWith("storage: Interrupted, ").doesNotContain("\n ");
        interrupted = false;
        err.reset();
        probe.failure = new IllegalStateException(StorageException.of(Kind.INTERRUPTED, "The wait was interrupted"));
        assertThat(run("probe")).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(text(err)).isEqualTo("storage: Interrupted.\n");
    }

    @Test
    void noAdviceIsNullInJson() throws Exception {
        probe.failure = StorageException.of(Kind.NOT_FOUND, "No layer");
        run("probe", "--json");
        assertThat(JsonMapper.builder()
                        .build()
                        .readTree(err.toByteArray())
                        .at("/error/advice")
                        .isNull())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INTERRUPTED") // anInterruptIsToldAsOne
    void everyKindOfFailureHasAnExitCodeOfItsGroup(Kind kind) {
        probe.failure = StorageException.of(kind, "It went wrong", "Try again");
        var code = run("probe");
        assertThat(code).isGreaterThan(ExitCode.INTERNAL).isEqualTo(ExitCode.of(kind));
        assertThat(text(err)).isEqualTo("storage: It went wrong.\n  Try again.\n");
        assertThat(text(out)).isEqualTo("result\n");
    }

    @Test
    void failuresAsJson() throws Exception {
        probe.failure = StorageException.of(Kind.NOT_FOUND, "No layer", "Look")
                .withErrno(2)
                .forLayer(new LayerId("box"));
        assertThat(run("probe", "--json")).isEqualTo(ExitCode.NOT_FOUND);
        var error = JsonMapper.builder().build().readTree(err.toByteArray()).get("error");
        assertThat(error.get("kind").asText()).isEqualTo("NOT_FOUND");
        assertThat(error.get("exitCode").asInt()).isEqualTo(3);
        assertThat(error.get("message").asText()).isEqualTo("No layer");
        assertThat(error.get("advice").asText()).isEqualTo("Look");
        assertThat(error.get("layer").asText()).isEqualTo("box");
        assertThat(error.get("errno").asInt()).isEqualTo(2);
    }

    @Test
    void otherFailures() {
        probe.failure = new NoSuchFileException("/x.tar");
        assertThat(run("probe")).isEqualTo(ExitCode.NOT_FOUND);
        probe.failure = new IOException("No space left on device");
        assertThat(run("probe")).isEqualTo(ExitCode.NO_SPACE);
        probe.failure = new InterruptedException();
        assertThat(run("probe")).isEqualTo(ExitCode.INTERRUPTED);
        err.reset();
        probe.failure = new IllegalStateException("a fault");
        assertThat(run("probe")).isEqualTo(ExitCode.INTERNAL);
        assertThat(text(err)).contains("a fault").doesNotContain("\tat ");
        assertThat(run("probe", "-v")).isEqualTo(ExitCode.INTERNAL);
        assertThat(text(err)).contains("\tat ");
    }

    @Test
    void namesInMessagesCannotSteerATerminal() {
        probe.failure = StorageException.of(Kind.BAD_ARCHIVE, "Bad entry \u001b[2J\nx");
        run("probe");
        assertThat(text(err)).isEqualTo("storage: Bad entry \\x1b[2J\\nx.\n");
    }

    @Test
    void anEndedReaderIsNoFailureToTell() {
        var closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertThat(run(closed, "probe")).isEqualTo(ExitCode.BROKEN_PIPE);
        assertThat(text(err)).isEmpty();
    }

    private int run(String... args) {
        out.reset();
        return run(out, args);
    }

    private int run(OutputStream to, String... args) {
        return new Dispatch(new NoStores(), this::verb).run(List.of(args), new Streams(to, err, () -> interrupted));
    }

    private Verb verb(String name) {
        return switch (name) {
            case "probe" -> probe;
            case "strict" -> new Strict();
            case "help" -> new Help(this::verb);
            default -> null;
        };
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private record Streams(OutputStream out, OutputStream err, BooleanSupplier stop) implements Terminal {
        @Override
        public boolean isInterrupted() {
            return stop.getAsBoolean();
        }

        @Override
        public InputStream in() {
            return new ByteArrayInputStream(new byte[0]);
        }
    }

    private final class NoStores implements Stores {
        @Override
        public Selector selector() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Migrations migrations() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Store open(StoreRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ImageStore images(LayerStore layers) {
            throw new UnsupportedOperationException();
        }

        @Override
        public EnginePlugins engines() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<String> configured(String name) {
            return Optional.ofNullable(configured.get(name));
        }
    }
}
