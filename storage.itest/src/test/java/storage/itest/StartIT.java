package storage.itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.util.HashMap;
import java.util.Map;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import storage.api.loop.LoopDevices;

/** The bundles resolve and start together. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class StartIT {
    @Inject
    private BundleContext context;

    @Configuration
    public Option[] bundles() {
        return options(Bundles.junit(), Bundles.runtime(), Bundles.all());
    }

    @Test
    public void allBundlesAreActive() {
        Map<String, Integer> states = new HashMap<>();
        for (Bundle bundle : context.getBundles()) {
            states.put(bundle.getSymbolicName(), bundle.getState());
        }
        for (String name : new String[] {
            "storage.api",
            "storage.linux",
            "storage.common",
            "storage.vfs",
            "storage.overlay",
            "storage.btrfs",
            "storage.aufs",
            "storage.loopback",
            "storage.devmapper",
            "storage.selector",
            "storage.image",
            "org.apache.felix.scr"
        }) {
            assertNotNull(name + " is not installed", states.get(name));
            assertEquals(name, Bundle.ACTIVE, (int) states.get(name));
        }
    }

    @Test
    public void loopDevicesAreAService() {
        assertNotNull(context.getServiceReference(LoopDevices.class));
    }
}
