package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import storage.api.LayerStore;
import storage.command.entry.CommandEntry;
import storage.command.entry.Terminal;

/** The commands in a framework that is not the launcher's, on stores that are configured there. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class CommandsIT {
    @Inject
    private BundleContext context;

    @Inject
    private ConfigurationAdmin admin;

    @Inject
    private CommandEntry commands;

    @Rule
    public final Roots roots = new Roots();

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.all(), Bundles.commands());
    }

    private String run(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = commands.run(List.of(words), new Terminal() {
            @Override
            public InputStream in() {
                return InputStream.nullInputStream();
            }

            @Override
            public OutputStream out() {
                return out;
            }

            @Override
            public OutputStream err() {
                return err;
            }
        });
        assertEquals(err.toString(StandardCharsets.UTF_8), 0, code);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    public void gogoFindsThem() throws Exception {
        ServiceReference<?>[] references = context.getAllServiceReferences(null, "(osgi.command.scope=storage)");
        assertEquals(1, references.length);
        List<?> functions = Arrays.asList((Object[]) references[0].getProperty("osgi.command.function"));
        assertTrue(functions.toString(), functions.containsAll(List.of("drivers", "mount", "umount", "ls", "rm")));
    }

    @Test
    public void driversShowsTheReasoning() {
        String text = run("--root", roots.root("a").toString(), "drivers");

        for (String driver : List.of("btrfs", "overlay2", "aufs", "overlay", "devmapper", "loopback", "vfs")) {
            assertTrue(text, text.contains(driver));
        }
    }

    @Test
    public void aPublishedStoreIsUsedInsteadOfASecondWriter() throws Exception {
        String root = roots.root("a").toString();
        try (Configurations configurations = new Configurations(admin);
                Watched<LayerStore> store = Watched.of(context, LayerStore.class, "(storage.name=one)")) {
            org.osgi.service.cm.Configuration one = configurations.store("one", root, Map.of("driver", "vfs"));
            store.one();

            run("--root", root, "create", "box");
            String path = run("--root", root, "mount", "box").strip();
            assertEquals(roots.root("a").resolve("vfs/dir/box").toString(), path);
            assertTrue(run("--root", root, "ls").contains("box"));
            assertTrue(run("drivers", "--history").contains("The store is open on vfs"));
            run("--root", root, "umount", "box");
            run("--root", root, "rm", "box");
            assertEquals(List.of(), store.one().layers());

            configurations.delete(one);
            store.none();
        }
    }
}
