package storage.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleException;
import storage.command.entry.CommandEntry;
import storage.command.entry.CommandWord;

/** The program: one command and out, or a shell. */
public final class Main {
    private static final int INTERNAL = 1;
    /** 128 + SIGINT, as shells have it. */
    private static final int INTERRUPTED = 130;
    /** How long a command that is told to stop may take to undo what it began. */
    private static final int ROLLBACK_SECONDS = 30;

    /** System property: what other processes call this one, in the message that a store is locked; see ProcessName. */
    private static final String PROCESS = "storage.process";

    /** A word of the script's, not of users. */
    private static final String WARM_UP = "warm-up";

    /** Whether a signal has told the process to stop. */
    private static volatile boolean stopping;

    /** Whether a command that goes on until it is told to stop has ended as it should. */
    private static volatile boolean endedWell;

    private Main() {}

    public static void main(String[] args) {
        var arguments = List.of(args);
        var done = new CountDownLatch(1);
        interruptOnSignal(Thread.currentThread(), done);
        var code = INTERNAL;
        try {
            setLogging(arguments);
            System.setProperty(PROCESS, "storage " + String.join(" ", arguments));
            code = ShellSession.isWanted(CommandWord.of(arguments), arguments)
                    ? ShellSession.run(arguments)
                    : command(arguments);
        } catch (Exception | LinkageError e) {
            code = failed(e, arguments);
        } finally {
            endedWell = code == 0 && CommandWord.endsWhenStopped(CommandWord.of(arguments));
            done.countDown();
        }
        System.exit(code);
    }

    /** What is not a command's to tell. Of a process that was told to stop, whatever fails comes from that. */
    private static int failed(Throwable e, List<String> arguments) {
        var interrupted = stopping || e instanceof InterruptedException;
        if (!interrupted) {
            System.err.println("storage: The program could not be started: " + e);
        } else if (arguments.contains("--json")) {
            System.err.println("{\"error\": {\"kind\": \"INTERRUPTED\", \"exitCode\": 130,"
                    + " \"message\": \"Interrupted\", \"advice\": null}}");
        } else {
            System.err.println("storage: Interrupted.");
        }
        if (verbose(arguments)) {
            e.printStackTrace();
        }
        return interrupted ? INTERRUPTED : INTERNAL;
    }

    private static int command(List<String> arguments) throws BundleException, IOException, URISyntaxException {
        // standard output is for results alone: what some library prints goes the other way
        System.setOut(System.err);
        var word = CommandWord.of(arguments);
        var wanted = CommandWord.endsWhenStopped(word)
                ? Container.Wanted.ENGINE_PLUGIN
                : CommandWord.needsNoImages(word) ? Container.Wanted.LAYERS : Container.Wanted.COMMAND;
        try (var cache = Cache.open()) {
            // not stopped: a command has closed its store, the rest goes with the process, and stopping takes its time
            var container = Container.start(cache, Map.of(), wanted);
            var entry = container.service(CommandEntry.class);
            if (entry == null) {
                throw new IllegalStateException("no command service; not active: " + container.inactive());
            }
            return arguments.equals(List.of(WARM_UP)) ? warmUp(entry) : entry.run(arguments, console());
        }
    }

    /** Runs through what commands use of the JDK and of this jar, while the JVM makes its archive of classes. */
    private static int warmUp(CommandEntry entry) {
        entry.run(List.of("help"), console());
        entry.run(List.of("drivers"), console());
        return entry.run(List.of("demo", "--driver", "vfs"), console());
    }

    static Console console() {
        return new Console(() -> stopping);
    }

    private static boolean verbose(List<String> arguments) {
        return arguments.contains("-v") || arguments.contains("--verbose");
    }

    /** Read when the first logger is made, so a run that logs nothing pays nothing. */
    private static void setLogging(List<String> arguments) {
        System.setProperty("slf4j.provider", Notes.class.getName());
        System.setProperty("slf4j.internal.verbosity", "WARN");
        System.setProperty(Notes.LEVEL, verbose(arguments) ? "info" : arguments.contains("--json") ? "off" : "warn");
    }

    /** Ctrl-C reaches the command as an interrupt; the process waits until it has rolled back, but not for ever. */
    private static void interruptOnSignal(Thread command, CountDownLatch done) {
        Runtime.getRuntime().addShutdownHook(new Thread("interrupt") {
            @Override
            public void run() {
                if (done.getCount() == 0) {
                    return;
                }
                stopping = true;
                command.interrupt();
                try {
                    if (!done.await(ROLLBACK_SECONDS, TimeUnit.SECONDS)) {
                        System.err.println("storage: What was begun could not be undone in time."
                                + " The next command that writes to the store repairs it.");
                    } else if (endedWell) {
                        // else the JVM would answer the signal's number
                        Runtime.getRuntime().halt(0);
                    }
                } catch (InterruptedException e) {
                    interrupt();
                }
            }
        });
    }
}
