package storage.launcher;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * What is logged, as notes on standard error: warnings of ours, with {@code -v} more. SLF4J makes an instance of it by
 * name; the JDK's own logging takes longer to start than a command.
 */
public final class Notes implements SLF4JServiceProvider {
    /** System property: the level from which on our own messages are shown, or {@code off}. */
    static final String LEVEL = "storage.notes";

    private final IMarkerFactory markers = new BasicMarkerFactory();

    @Override
    public ILoggerFactory getLoggerFactory() {
        return Note::new;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return new NOPMDCAdapter();
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}

    private static final class Note extends LegacyAbstractLogger {
        private static final long serialVersionUID = 1L;
        private static final Level SHOWN = level();

        Note(String name) {
            this.name = name;
        }

        /** Null for off. */
        private static Level level() {
            return switch (System.getProperty(LEVEL, "warn")) {
                case "off" -> null;
                case "info" -> Level.INFO;
                default -> Level.WARN;
            };
        }

        private boolean shows(Level level) {
            // others' warnings mean nothing to a user
            var least = name.startsWith("storage.") ? SHOWN : SHOWN == Level.INFO ? Level.WARN : null;
            return least != null && level.toInt() >= least.toInt();
        }

        @Override
        public boolean isTraceEnabled() {
            return shows(Level.TRACE);
        }

        @Override
        public boolean isDebugEnabled() {
            return shows(Level.DEBUG);
        }

        @Override
        public boolean isInfoEnabled() {
            return shows(Level.INFO);
        }

        @Override
        public boolean isWarnEnabled() {
            return shows(Level.WARN);
        }

        @Override
        public boolean isErrorEnabled() {
            return shows(Level.ERROR);
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable thrown) {
            var text = new StringBuilder("storage: ");
            MessageFormatter.basicArrayFormat(pattern, arguments)
                    .chars()
                    // names of files may be in it, and this may be a terminal
                    .forEach(c -> text.append(c < 0x20 || c >= 0x7f && c < 0xa0 ? '?' : (char) c));
            synchronized (Note.class) {
                System.err.println(text);
                if (thrown != null && SHOWN == Level.INFO) {
                    thrown.printStackTrace();
                }
            }
        }
    }
}
