package storage.testkit.store;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import storage.testkit.TestFilesystems;

/**
 * What every layer store must do, in each {@link Setting}. A backend extends this once:
 *
 * <pre>{@code
 * class VfsConformanceTest extends LayerStoreConformance {
 *     static List<Setting> settings() {
 *         return Settings.usual();
 *     }
 *
 *     @Override
 *     protected StoreFactory factory(Path place) {
 *         return new VfsFactory(place);
 *     }
 * }
 * }</pre>
 *
 * <p>After each test, whatever it did, nothing may be left: no mount, no open descriptor, no file.
 */
@ParameterizedClass
@MethodSource("settings")
public abstract class LayerStoreConformance {
    @RegisterExtension
    static final TestFilesystems FILES = new TestFilesystems();

    @Parameter
    private Setting setting;

    private Workbench bench;

    /**
     * The backend to test.
     *
     * @param place the folder for its roots
     */
    protected abstract StoreFactory factory(Path place);

    /**
     * The backend to test, where that comes in several {@linkplain Setting#variant variants}.
     *
     * @param variant the setting's
     */
    protected StoreFactory factory(Path place, String variant) {
        return factory(place);
    }

    @BeforeEach
    void layOut() throws Exception {
        bench = new Workbench(factory(FILES.folder(setting.filesystem()), setting.variant()), setting);
    }

    @AfterEach
    void clearAway() throws Exception {
        if (bench != null) {
            bench.close();
        }
    }

    @Nested
    class LifeCycle extends LifeCycleRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Holds extends HoldRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Diffs extends DiffRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class RandomDiffs extends RandomDiffRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Archives extends ArchiveRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Hostile extends HostileRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Equality extends EqualityRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Races extends RaceRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Concurrency extends ConcurrencyRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Recovery extends RecoveryRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Roots extends RootRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }

    @Nested
    class Engines extends EngineRules {
        @Override
        Workbench bench() {
            return bench;
        }
    }
}
