package storage.common.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import storage.common.Tree;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

class LowerDirsTest {
    private static final byte[] NAME = "d".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    private final List<Integer> opened = new ArrayList<>();
    private final List<Integer> closed = new ArrayList<>();

    /** A kernel whose third directory cannot be opened; it keeps what is opened and closed. */
    private Syscalls kernel() {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("openat") && opened.size() == 2) {
                        return -Errno.EIO;
                    }
                    try {
                        var result = method.invoke(Tree.LINUX, arguments);
                        if (method.getName().equals("openat")) {
                            opened.add((Integer) result);
                        } else if (method.getName().equals("close")) {
                            closed.add((Integer) arguments[0]);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void whatWasOpenedIsClosedIfALaterOneFailsAndNothingElse() throws Exception {
        try (var one = Tree.make(folder, "one").directory("d");
                var two = Tree.make(folder, "two").directory("d");
                var three = Tree.make(folder, "three").directory("d")) {
            var linux = kernel();
            var lowers = new LowerDirs(linux, new Forms(linux, WhiteoutForm.REMOVE));
            assertThatThrownBy(() -> lowers.open(new int[] {one.fd(), two.fd(), three.fd()}, NAME))
                    .isInstanceOfSatisfying(
                            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
            assertThat(opened).hasSize(2);
            assertThat(closed).containsExactlyElementsOf(opened);
            assertThat(lowers.count()).isZero();
        }
    }
}
