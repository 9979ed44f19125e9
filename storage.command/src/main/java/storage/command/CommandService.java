package storage.command;

import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import storage.command.entry.CommandEntry;
import storage.command.entry.Terminal;
import storage.command.run.Dispatch;
import storage.command.run.Verb;

/** The command line as a service. */
@Component(service = CommandEntry.class)
public final class CommandService implements CommandEntry {
    private final Dispatch dispatch;

    @Activate
    public CommandService(BundleContext context) {
        dispatch = new Dispatch(new FrameworkStores(context), this::verb);
    }

    private Verb verb(String name) {
        return Verbs.make(name, dispatch);
    }

    @Override
    public int run(List<String> args, Terminal terminal) {
        return dispatch.run(args, terminal);
    }
}
