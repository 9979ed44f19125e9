package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.SecureClassLoader;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the kernel cannot be called the user reads a sentence, each time. In JVMs of their own: it is loaded once. */
class LoadingTest {
    /** What the other JVM runs. */
    static final class Attempt {
        private Attempt() {}

        public static void main(String[] arguments) {
            for (var attempt = 0; attempt < 2; attempt++) {
                try {
                    System.out.println("works: " + Linux.syscalls().pageSize());
                } catch (UnsupportedOperationException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    /** Stands for a bundle that is the first to call the kernel. */
    static final class Caller implements Runnable {
        @Override
        public void run() {
            System.out.println("called: " + (Linux.syscalls().geteuid() >= 0));
        }
    }

    /** Runs the caller from a class loader of its own, which nothing may keep afterwards. */
    static final class FirstCall {
        private FirstCall() {}

        public static void main(String[] arguments) throws Exception {
            var loader = call();
            for (var i = 0; i < 100 && loader.get() != null; i++) {
                System.gc();
            }
            System.out.println(loader.get() == null ? "gone" : "kept");
        }

        private static WeakReference<ClassLoader> call() throws Exception {
            var loader = new CallerLoader();
            Thread.currentThread().setContextClassLoader(loader);
            var caller = loader.loadClass(Caller.class.getName()).getDeclaredConstructor();
            caller.setAccessible(true);
            ((Runnable) caller.newInstance()).run();
            Thread.currentThread().setContextClassLoader(null);
            return new WeakReference<>(loader);
        }
    }

    /** Defines the caller itself and leaves the rest to the loader of the tests. */
    private static final class CallerLoader extends SecureClassLoader {
        CallerLoader() {
            super(LoadingTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(Caller.class.getName())) {
                return super.loadClass(name, resolve);
            }
            try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                var bytes = in.readAllBytes();
                var source = new CodeSource(null, (Certificate[]) null);
                return defineClass(name, bytes, 0, bytes.length, source);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void theFirstCallersClassesAreNotKept() throws Exception {
        assertThat(run(FirstCall.class)).containsExactly("called: true", "gone");
    }

    @Test
    void anotherProcessor() throws Exception {
        assertThat(attempt("-Dos.arch=riscv64"))
                .containsExactly(
                        "Storage Runtime needs Linux on x86-64 or AArch64, this is Linux on riscv64",
                        "Storage Runtime needs Linux on x86-64 or AArch64, this is Linux on riscv64");
    }

    @Test
    void aFolderThatTakesNoLibraries(@TempDir Path folder) throws Exception {
        var file = Files.createFile(folder.resolve("no-folder"));
        assertThat(attempt("-Djna.nosys=true", "-Djna.tmpdir=" + file))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("The native part of JNA cannot be loaded")
                        .contains("jna.tmpdir"));
    }

    @Test
    void nothingInTheWay() throws Exception {
        assertThat(attempt()).hasSize(2).allSatisfy(line -> assertThat(line).startsWith("works"));
    }

    private static List<String> attempt(String... options) throws Exception {
        return run(Attempt.class, options);
    }

    private static List<String> run(Class<?> main, String... options) throws Exception {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } finally {
            process.destroyForcibly();
        }
    }
}
