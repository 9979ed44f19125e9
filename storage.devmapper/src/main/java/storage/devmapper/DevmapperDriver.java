package storage.devmapper;

import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.api.loop.LoopDevices;
import storage.common.archive.LimitOptions;
import storage.common.io.HomeFiles;
import storage.common.store.RecordedLayerStore;
import storage.common.store.Unfit;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;

/**
 * The backend on device-mapper: each layer is a thin device of a pool, and one with a parent begins as a snapshot of the
 * parent's. The pool lies on loop files, on given devices, or is there already. Homes are the engine's.
 */
@Component(
        service = GraphDriver.class,
        property = {"storage.driver.name=devmapper", "priority:Integer=300"})
public final class DevmapperDriver implements GraphDriver {
    private static final Logger log = LoggerFactory.getLogger(DevmapperDriver.class);
    private static final int WARNING = 4;
    private static final int ERROR = 3;
    private static final int INFO = 6;

    private final Syscalls linux;
    private final DeviceMapper mapper;
    private final LoopDevices loops;
    private final Steps steps;

    @Activate
    public DevmapperDriver(@Reference Syscalls linux, @Reference DeviceMapper mapper, @Reference LoopDevices loops) {
        this(linux, mapper, loops, Steps.NONE);
    }

    DevmapperDriver(Syscalls linux, DeviceMapper mapper, LoopDevices loops, Steps steps) {
        this.linux = linux;
        this.mapper = mapper;
        this.loops = loops;
        this.steps = steps;
    }

    /** What the library and the binding know of this bundle has to go with it. */
    @Deactivate
    void deactivate() {
        mapper.log(null);
        mapper.journal(null);
    }

    @Override
    public String name() {
        return "devmapper";
    }

    @Override
    public String homeName() {
        return "devicemapper";
    }

    @Override
    public Verdict check(DriverHome home) {
        DevmapperOptions options;
        try {
            options = DevmapperOptions.parse(LimitOptions.of(home.options()).others());
        } catch (StorageException e) {
            // opening refuses them by name
            options = usual();
        }
        return new DevmapperSupport(linux, mapper, options).examine(home.info(this));
    }

    private static DevmapperOptions usual() {
        try {
            return DevmapperOptions.parse(Map.of());
        } catch (StorageException e) {
            throw new IllegalStateException("No option is no mistake", e);
        }
    }

    @Override
    public Set<LayerId> layers(DriverHome home) throws StorageException {
        var info = home.info(this);
        try {
            var layers = new HashSet<LayerId>();
            for (var layer : new SetFiles(info.home()).layers()) {
                if (!layer.isEmpty()) {
                    layers.add(new LayerId(layer));
                }
            }
            return layers;
        } catch (IOException e) {
            throw HomeFiles.unreadable(info, e);
        }
    }

    @Override
    public LayerStore open(DriverHome home) throws StorageException {
        var archives = LimitOptions.of(home.options());
        var options = DevmapperOptions.parse(archives.others());
        var info = home.info(this);
        Unfit.refuse(new DevmapperSupport(linux, mapper, options).examine(info));
        mapper.log((level, text) -> tell(options.logLevel(), level, text));
        var stock = new Stock(linux, mapper, loops, info, options, steps);
        return RecordedLayerStore.open(
                linux, info, new DevmapperBackend(linux, info, options, archives.limits(), stock));
    }

    private static void tell(int limit, int level, String text) {
        if (level > limit) {
            return;
        }
        if (level <= ERROR) {
            log.error("libdevmapper: {}", text);
        } else if (level == WARNING) {
            log.warn("libdevmapper: {}", text);
        } else if (level <= INFO) {
            log.info("libdevmapper: {}", text);
        } else {
            log.debug("libdevmapper: {}", text);
        }
    }
}
