package storage.command.store;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Option;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.UserPath;
import storage.command.run.Verb;
import storage.docker.EnginePlugin;
import storage.docker.PluginSettings;

/** {@code serve}. Being told to stop is how it ends. */
public final class Serve implements Verb {
    @Option(
            names = "--plugin",
            paramLabel = "NAME",
            required = true,
            description = "The driver name for the engine: dockerd --experimental -s NAME.")
    String plugin;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Where the engine finds the plugin. Default: /run/docker/plugins/NAME.sock.")
    String socket;

    @Override
    public int run(Run run) throws Exception {
        try (var serving = run.stores().engines().serve(settings(run))) {
            tell(run, serving);
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            run.note("Stopped.");
        }
        return ExitCode.OK;
    }

    private PluginSettings settings(Run run) throws Exception {
        var standard = PluginSettings.standardSocket(plugin);
        return new PluginSettings(
                plugin,
                socket == null ? standard : UserPath.of("--socket", socket).normalize(),
                run.askedRoot(),
                run.askedDriver(),
                run.options(),
                run.root().resolve("docker"));
    }

    private static void tell(Run run, EnginePlugin serving) throws Exception {
        if (run.json()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("plugin", serving.name());
            json.put("socket", serving.socket().toString());
            run.json(json);
        } else {
            var out = run.out();
            out.line(out.name("Serving the engine's driver " + serving.name() + " at " + serving.socket()));
        }
        run.out().flush();
    }
}
