package storage.linux.jna;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The descriptor that libdevmapper keeps open, and does not close for the programs that a process starts. */
final class ControlDescriptor {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path DEVICE = Path.of("/dev/mapper/control");

    // fcntl(2)
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;

    private boolean done;

    /** Looks for it until it is there: the library opens it with the first request, and keeps it. */
    void closeOnExec() {
        if (done) {
            return;
        }
        try (var descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (var descriptor : descriptors) {
                if (isControl(descriptor)) {
                    var number = Long.parseLong(descriptor.getFileName().toString());
                    LibC.syscall(Numbers.FCNTL, number, F_SETFD, FD_CLOEXEC);
                    done = true;
                }
            }
        } catch (IOException e) {
            // no /proc: then nobody can look
        }
    }

    private static boolean isControl(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(DEVICE);
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }
}
