package storage.testkit.store;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/**
 * What every layer store must do. A backend extends this once for each filesystem:
 *
 * <pre>{@code
 * class VfsOnXfsTest extends LayerStoreConformance {
 *     @RegisterExtension
 *     static final TestFilesystem XFS = TestFilesystem.image("xfs");
 *
 *     @Override
 *     protected StoreFactory factory() {
 *         return new VfsFactory(XFS.path());
 *     }
 * }
 * }</pre>
 *
 * <p>After each test, whatever it did, nothing may be left: no mount, no open descriptor, no file.
 */
public abstract class LayerStoreConformance {
    private Workbench bench;

    /** The backend to test and where. */
    protected abstract StoreFactory factory();

    @BeforeEach
    void layOut() throws Exception {
        bench = new Workbench(factory());
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
    class Archives extends ArchiveRules {
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
