package storage.command.entry;

import java.io.InputStream;
import java.io.OutputStream;
import org.osgi.annotation.versioning.ConsumerType;

/** The streams that a command talks through, and what lies behind them. */
@ConsumerType
public interface Terminal {
    /** Where {@code -} reads from. */
    InputStream in();

    /** Results. Bytes, because file names are. */
    OutputStream out();

    /** Errors, notes and progress. */
    OutputStream err();

    /** Whether a person sees {@link #out}: names are then escaped so that they cannot steer the terminal. */
    default boolean outIsTerminal() {
        return false;
    }

    /** Whether a person sees {@link #err}: long work then shows its progress. */
    default boolean errIsTerminal() {
        return false;
    }

    /**
     * Whether the command was told to stop. It then ends with what it began taken back and the exit code 130, whatever
     * the interrupt has made fail on the way.
     */
    default boolean isInterrupted() {
        return Thread.currentThread().isInterrupted();
    }

    /** How the user calls the program, for examples in messages. */
    default String program() {
        return "storage";
    }

    /** Shows how far long work is. Called only where {@link #errIsTerminal}. */
    default Bar bar() {
        return Bar.NONE;
    }

    /** The progress of one command. */
    @ConsumerType
    interface Bar extends AutoCloseable {
        /** Shows nothing. */
        Bar NONE = new Bar() {
            @Override
            public void at(String step, long done, long total) {}

            @Override
            public void close() {}
        };

        /**
         * @param step what is being done
         * @param done bytes so far
         * @param total bytes in all, -1 if unknown
         */
        void at(String step, long done, long total);

        /** Takes the display away. */
        @Override
        void close();
    }
}
