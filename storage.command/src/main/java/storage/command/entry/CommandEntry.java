package storage.command.entry;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The command line as a service. The commands of the Gogo shell under the scope {@code storage} call it too. */
@ProviderType
public interface CommandEntry {
    /**
     * Runs one command to its end, on the calling thread. Failures are told on {@link Terminal#err}, never thrown. A
     * command whose thread is interrupted rolls back and answers 130.
     *
     * @param args what stands behind the program's name
     * @return the exit code, as docs/commands.md lists them; 0 is success
     */
    int run(List<String> args, Terminal terminal);
}
