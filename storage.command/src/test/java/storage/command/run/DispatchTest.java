package storage.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.command.entry.Terminal;
import storage.image.ImageStore;
import storage.selector.Selector;
import storage.selector.StoreRequest;

/** From arguments to exit codes, with a command of the test's own. */
class DispatchTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Probe probe = new Probe();

    /** Remembers what it was called with. */
    static final class Probe implements Verb {
        @Parameters(arity = "0..*")
        List<String> words;

        @Option(names = "--from")
        String from;

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

    @Test
    void optionsMayStandOnEitherSide() {
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
    @EnumSource(Kind.class)
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
        return new Dispatch(new NoStores(), this::verb).run(List.of(args), new Streams(to, err));
    }

    private Verb verb(String name) {
        return switch (name) {
            case "probe" -> probe;
            case "help" -> new Help(this::verb);
            default -> null;
        };
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private record Streams(OutputStream out, OutputStream err) implements Terminal {
        @Override
        public InputStream in() {
            return new ByteArrayInputStream(new byte[0]);
        }
    }

    private static final class NoStores implements Stores {
        @Override
        public Selector selector() {
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
        public Optional<String> configured(String name) {
            return Optional.empty();
        }
    }
}
