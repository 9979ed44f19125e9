package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Against a filesystem made of two maps: the layouts of the structs are those of the kernel's headers. */
class ProjectQuotaTest {
    private static final int FD = 7;
    private int flags = 0x30;
    private int projectOfFile = 0;
    private int fileFlags = 0x80;
    private final Map<Integer, Long> hard = new HashMap<>();
    private final Syscalls linux = (Syscalls) Proxy.newProxyInstance(
            Syscalls.class.getClassLoader(),
            new Class<?>[] {Syscalls.class},
            (self, method, arguments) -> switch (method.getName()) {
                case "ioctl" -> ioctl((long) arguments[1], (ByteBuffer) arguments[2]);
                case "quotactlFd" -> quota((int) arguments[1], (int) arguments[2], (ByteBuffer) arguments[3]);
                default -> -Errno.ENOSYS;
            });

    private int ioctl(long request, ByteBuffer fsxattr) {
        assertThat(fsxattr.capacity()).isEqualTo(28);
        if (request == 0x801c581fL) {
            fsxattr.putInt(0, fileFlags).putInt(12, projectOfFile);
            return 0;
        }
        assertThat(request).isEqualTo(0x401c5820L);
        fileFlags = fsxattr.getInt(0);
        projectOfFile = fsxattr.getInt(12);
        return 0;
    }

    private int quota(int command, int id, ByteBuffer argument) {
        assertThat(command & 0xff).as("PRJQUOTA").isEqualTo(2);
        return switch (command >> 8) {
            case 0x5805 -> state(argument);
            case 0x5804 -> set(id, argument);
            case 0x5803 -> get(id, argument);
            default -> -Errno.EINVAL;
        };
    }

    private int state(ByteBuffer argument) {
        assertThat(argument.capacity()).isEqualTo(80);
        argument.putShort(2, (short) flags);
        return flags == 0 ? -Errno.ENOSYS : 0;
    }

    private int set(int id, ByteBuffer argument) {
        assertThat(argument.get(0)).isEqualTo((byte) 1);
        assertThat(argument.get(1)).isEqualTo((byte) 2);
        assertThat(argument.getShort(2)).isEqualTo((short) 0x0c);
        assertThat(argument.getInt(4)).isEqualTo(id);
        assertThat(argument.getLong(16)).isEqualTo(argument.getLong(8));
        hard.put(id, argument.getLong(8));
        return 0;
    }

    private int get(int id, ByteBuffer argument) {
        if (!hard.containsKey(id)) {
            return -Errno.ENOENT;
        }
        argument.putLong(8, hard.get(id)).putLong(40, 3);
        return 0;
    }

    @Test
    void aTreeIsLimited() throws Exception {
        assertThat(ProjectQuota.unavailable(linux, FD)).isEmpty();
        assertThat(ProjectQuota.project(linux, FD)).isZero();
        ProjectQuota.assign(linux, FD, 1234);
        assertThat(ProjectQuota.project(linux, FD)).isEqualTo(1234);
        assertThat(fileFlags).as("inherited, and what was there stays").isEqualTo(0x280);
        assertThat(ProjectQuota.limit(linux, FD, 1234)).isEqualTo(new ProjectQuota.Limit(0, 0));
        ProjectQuota.limit(linux, FD, 1234, (10L << 30) + 1);
        assertThat(ProjectQuota.limit(linux, FD, 1234)).isEqualTo(new ProjectQuota.Limit((10L << 30) + 512, 3 * 512));
    }

    @Test
    void quotasThatAreOffOrOnlyCounted() {
        flags = 0;
        assertThat(ProjectQuota.unavailable(linux, FD).orElseThrow()).contains("prjquota");
        flags = 0x10;
        assertThat(ProjectQuota.unavailable(linux, FD).orElseThrow()).contains("switched off");
    }
}
