package storage.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.api.driver.GraphDriver;
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.linux.Syscalls;
import storage.overlay.testing.TestStore;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.tree.TarMaker;

/** Any call of a mount or unmount may fail: nothing is left half-mounted, nothing is counted that is not there. */
class MountFailuresTest {
    private static final List<Function<Syscalls, GraphDriver>> BOTH = List.of(OverlayDriver::new, Overlay2Driver::new);
    private static final int MANY = 500;

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.tmpfs();

    private final FailingSyscalls kernel = FailingSyscalls.around(TestStore.LINUX);
    private TestStore test;

    @BeforeEach
    void needsRoot() {
        Require.root();
    }

    @AfterEach
    void close() throws IOException {
        if (test != null) {
            kernel.reset();
            test.close();
        }
    }

    private LayerStore layers(Function<Syscalls, GraphDriver> driver) throws IOException {
        test = new TestStore(FILES.path(), driver);
        test.image("bottom", null, new TarMaker().file("file", "x"));
        test.image("top", "bottom", new TarMaker().file("other", "y"));
        test.readWrite("box", "top");
        test.store().close();
        test.forget();
        return driver.apply(kernel.syscalls()).open(test.driverHome(StoreInfo.Access.WRITE));
    }

    private boolean isMounted(String name) throws IOException {
        return MountTable.read().isMounted(test.home().resolve(name + "/merged").toString());
    }

    @Test
    void mountsThatFailLeaveNothing() throws IOException {
        for (var driver : BOTH) {
            try (var store = layers(driver)) {
                for (var name : List.of("bottom", "top", "box")) {
                    mountFailsAtEachCall(store, name);
                }
            }
            test.close();
            test = null;
        }
    }

    private void mountFailsAtEachCall(LayerStore store, String name) throws IOException {
        var id = TestStore.id(name);
        for (var n = 1; n < MANY; n++) {
            kernel.reset().fail(n, Errno.EIO);
            try {
                store.get(id, "");
                if (kernel.struck() == 0) {
                    kernel.reset();
                    store.put(id);
                    return;
                }
                kernel.reset();
                store.put(id);
            } catch (StorageException e) {
                kernel.reset();
                assertThat(e.layer()).as(name + " " + n).contains(id);
            }
            assertThat(isMounted(name)).as(name + " " + n).isFalse();
            assertThat(test.files().has(name + "/merged")).as(name + " " + n).isFalse();
        }
        throw new AssertionError("More than " + MANY + " calls");
    }

    @Test
    void unmountsThatFailCanBeTriedAgain() throws IOException {
        for (var driver : BOTH) {
            try (var store = layers(driver)) {
                for (var name : List.of("bottom", "top", "box")) {
                    unmountFailsAtEachCall(store, name);
                }
            }
            test.close();
            test = null;
        }
    }

    private void unmountFailsAtEachCall(LayerStore store, String name) throws IOException {
        var id = TestStore.id(name);
        for (var n = 1; n < MANY; n++) {
            store.get(id, "");
            kernel.reset().fail(n, Errno.EIO);
            try {
                store.put(id);
            } catch (StorageException e) {
                assertThat(e.layer()).as(name + " " + n).contains(id);
            }
            var struck = kernel.struck();
            kernel.reset();
            store.put(id);
            assertThat(isMounted(name)).as(name + " " + n).isFalse();
            if (struck == 0) {
                assertThat(test.files().has(name + "/merged")).isFalse();
                return;
            }
        }
        throw new AssertionError("More than " + MANY + " calls");
    }

    @Test
    void aTransientEbusyOfARemovalIsWaitedFor() throws IOException {
        for (var driver : BOTH) {
            try (var store = layers(driver)) {
                store.put(TestStore.id("box"));
                kernel.reset().fail("unlinkat", 3, Errno.EBUSY).fail("unlinkat", 5, Errno.EBUSY);
                store.remove(TestStore.id("box"));
                assertThat(kernel.struck()).isPositive();
                assertThat(test.files().has("box")).isFalse();
            }
            test.close();
            test = null;
        }
    }

    @Test
    void aLabelThatWouldEndItsOptionIsRefused() throws IOException {
        for (var driver : BOTH) {
            try (var store = layers(driver)) {
                assertThatThrownBy(() -> store.get(TestStore.id("box"), "x\",upperdir=/etc,y=\""))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INVALID));
                assertThat(test.files().has("box/merged")).isFalse();
            }
            test.close();
            test = null;
        }
    }
}
