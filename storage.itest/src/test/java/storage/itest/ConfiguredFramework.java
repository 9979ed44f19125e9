package storage.itest;

import static org.ops4j.pax.exam.CoreOptions.options;

import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import storage.api.LayerStore;

/** What tests of published stores begin with: a framework with every backend, and configurations that end with each test. */
public abstract class ConfiguredFramework {
    @Inject
    protected BundleContext context;

    @Inject
    protected ConfigurationAdmin admin;

    @Rule
    public final Roots roots = new Roots();

    Configurations configurations;

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.events(), Bundles.all());
    }

    @Before
    public final void beginConfigurations() {
        configurations = new Configurations(admin);
    }

    /** The folders of the stores go next, and a store that is published still may be looked at. */
    @After
    public final void endConfigurations() throws Exception {
        configurations.close();
        try (Watched<LayerStore> left = Watched.of(context, LayerStore.class, "")) {
            left.none();
        }
    }

    final Watched<LayerStore> store(String name) {
        return Watched.of(context, LayerStore.class, "(storage.name=" + name + ")");
    }

    final Bundle bundle(String name) {
        for (Bundle bundle : context.getBundles()) {
            if (name.equals(bundle.getSymbolicName())) {
                return bundle;
            }
        }
        throw new AssertionError("No bundle " + name);
    }
}
