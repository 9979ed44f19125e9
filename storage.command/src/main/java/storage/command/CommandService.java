package storage.command;

import java.util.Arrays;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import storage.command.entry.CommandEntry;
import storage.command.entry.Terminal;
import storage.command.run.Dispatch;
import storage.command.run.Verb;

/**
 * The command line as a service, and the same commands for the Gogo shell.
 */
@Component(
        service = CommandEntry.class,
        property = {
            "osgi.command.scope=storage",
            "osgi.command.function=demo",
            "osgi.command.function=drivers",
            "osgi.command.function=help",
            "osgi.command.function=version",
            "osgi.command.function=import",
            "osgi.command.function=images",
            "osgi.command.function=tag",
            "osgi.command.function=rmi",
            "osgi.command.function=commit",
            "osgi.command.function=export",
            "osgi.command.function=create",
            "osgi.command.function=mount",
            "osgi.command.function=umount",
            "osgi.command.function=ls",
            "osgi.command.function=rm",
            "osgi.command.function=changes",
            "osgi.command.function=diff",
            "osgi.command.function=apply",
            "osgi.command.function=status",
            "osgi.command.function=inspect",
            "osgi.command.function=df",
            "osgi.command.function=prune",
            "osgi.command.function=check",
            "osgi.command.function=cleanup"
        })
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

    /**
     * What Gogo calls for every function above; the first argument is the function's name.
     *
     * @throws CommandFailed so that a script stops; the reason is on the error stream
     */
    public void _main(Object[] args) {
        var code = dispatch.run(Arrays.stream(args).map(String::valueOf).toList(), new SystemTerminal());
        if (code != 0) {
            throw new CommandFailed(String.valueOf(args[0]), code);
        }
    }
}
