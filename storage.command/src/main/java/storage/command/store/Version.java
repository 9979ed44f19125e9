package storage.command.store;

import java.util.LinkedHashMap;
import java.util.Map;
import org.osgi.framework.FrameworkUtil;
import picocli.CommandLine.Command;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code version}. */
@Command
public final class Version implements Verb {
    @Override
    public int run(Run run) throws Exception {
        var bundle = FrameworkUtil.getBundle(Version.class);
        Map<String, Object> version = new LinkedHashMap<>();
        version.put("storage", bundle == null ? "unknown" : bundle.getVersion().toString());
        version.put("java", System.getProperty("java.runtime.version"));
        version.put("kernel", System.getProperty("os.version"));
        version.put("minimumKernel", Drivers.MINIMUM_KERNEL);
        version.put("architecture", System.getProperty("os.arch"));
        if (run.json()) {
            run.json(version);
        } else {
            run.out()
                    .line("storage " + version.get("storage") + ", Java " + version.get("java") + ", Linux "
                            + version.get("kernel") + " " + version.get("architecture"));
        }
        return ExitCode.OK;
    }
}
