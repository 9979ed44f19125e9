package storage.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel lets the calling thread do. Being user 0 does not tell: in a container root may lack the capability,
 * and in a user namespace it has it only there.
 *
 * @param effective the effective capabilities, a bit each, capabilities(7)
 * @param initialNamespace whether the process is in the user namespace in which the system was started
 */
public record Privilege(long effective, boolean initialNamespace) {
    // linux/capability.h
    public static final int CAP_CHOWN = 0;
    public static final int CAP_DAC_OVERRIDE = 1;
    public static final int CAP_FOWNER = 3;
    public static final int CAP_FSETID = 4;
    public static final int CAP_SYS_MODULE = 16;
    public static final int CAP_SYS_ADMIN = 21;
    public static final int CAP_MKNOD = 27;
    public static final int CAP_SETFCAP = 31;

    /** Of the thread: threads may differ. */
    private static final Path STATUS = Path.of("/proc/thread-self/status");

    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/user");

    /** PROC_USER_INIT_INO of linux/proc_ns.h. */
    private static final String INITIAL = "user:[" + 0xEFFFFFFDL + "]";

    /** Looks at the calling thread. No capability at all if {@code /proc} does not tell. */
    public static Privilege current() {
        try {
            return new Privilege(effective(Files.readString(STATUS, StandardCharsets.ISO_8859_1)), isInitial());
        } catch (IOException e) {
            return new Privilege(0, false);
        }
    }

    /** Whether a capability is effective, a {@code CAP_} constant. */
    public boolean has(int capability) {
        return (effective >>> capability & 1) != 0;
    }

    /** Whether filesystems of any kind can be mounted: {@code CAP_SYS_ADMIN}, and not only in a user namespace. */
    public boolean canMount() {
        return has(CAP_SYS_ADMIN) && initialNamespace;
    }

    /** Whether a file can be given any owner, mode and device number. */
    public boolean canMakeAnyFile() {
        return has(CAP_CHOWN) && has(CAP_FOWNER) && has(CAP_DAC_OVERRIDE) && has(CAP_MKNOD) && initialNamespace;
    }

    static long effective(String status) {
        return status.lines()
                .filter(line -> line.startsWith("CapEff:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .findFirst()
                .orElse(0);
    }

    private static boolean isInitial() throws IOException {
        // a kernel without user namespaces has no such file, and only one namespace
        return !Files.exists(NAMESPACE, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                || INITIAL.equals(Files.readSymbolicLink(NAMESPACE).toString());
    }
}
