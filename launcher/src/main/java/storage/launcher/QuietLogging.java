package storage.launcher;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;

/** The logging configuration without handlers: the JDK's own default prints to stderr. The JDK makes an instance of it by name. */
public final class QuietLogging {
    /** @throws IOException never, the configuration lies in memory */
    public QuietLogging() throws IOException {
        LogManager.getLogManager()
                .readConfiguration(new ByteArrayInputStream(".level=WARNING\n".getBytes(StandardCharsets.ISO_8859_1)));
    }
}
