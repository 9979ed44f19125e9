package storage.command;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import storage.command.entry.CommandEntry;
import storage.command.entry.CommandFailed;

/**
 * The commands for the Gogo shell, {@code storage:ls} and the like. Gogo finds a function by the name of a method, so each
 * has one; a leading underscore is dropped. A command that fails throws {@link CommandFailed}, so that a script stops; the
 * reason has been told on the error stream by then.
 */
@Component(
        service = GogoCommands.class,
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
            "osgi.command.function=migrate",
            "osgi.command.function=cleanup"
        })
public final class GogoCommands {
    private final CommandEntry entry;

    @Activate
    public GogoCommands(@Reference CommandEntry entry) {
        this.entry = entry;
    }

    private void call(String command, Object[] args) {
        List<String> words = new ArrayList<>();
        words.add(command);
        for (var arg : args) {
            words.add(String.valueOf(arg));
        }
        var code = entry.run(words, new SystemTerminal());
        if (code != 0) {
            throw new CommandFailed(command, code);
        }
    }

    public void demo(Object[] args) {
        call("demo", args);
    }

    public void drivers(Object[] args) {
        call("drivers", args);
    }

    public void help(Object[] args) {
        call("help", args);
    }

    public void version(Object[] args) {
        call("version", args);
    }

    public void _import(Object[] args) {
        call("import", args);
    }

    public void images(Object[] args) {
        call("images", args);
    }

    public void tag(Object[] args) {
        call("tag", args);
    }

    public void rmi(Object[] args) {
        call("rmi", args);
    }

    public void commit(Object[] args) {
        call("commit", args);
    }

    public void export(Object[] args) {
        call("export", args);
    }

    public void create(Object[] args) {
        call("create", args);
    }

    public void mount(Object[] args) {
        call("mount", args);
    }

    public void umount(Object[] args) {
        call("umount", args);
    }

    public void ls(Object[] args) {
        call("ls", args);
    }

    public void rm(Object[] args) {
        call("rm", args);
    }

    public void changes(Object[] args) {
        call("changes", args);
    }

    public void diff(Object[] args) {
        call("diff", args);
    }

    public void apply(Object[] args) {
        call("apply", args);
    }

    public void status(Object[] args) {
        call("status", args);
    }

    public void inspect(Object[] args) {
        call("inspect", args);
    }

    public void df(Object[] args) {
        call("df", args);
    }

    public void prune(Object[] args) {
        call("prune", args);
    }

    public void check(Object[] args) {
        call("check", args);
    }

    public void migrate(Object[] args) {
        call("migrate", args);
    }

    public void cleanup(Object[] args) {
        call("cleanup", args);
    }
}
