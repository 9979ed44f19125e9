package storage.itest;

import static org.junit.Assert.fail;

import java.util.Arrays;
import java.util.List;

/**
 * What an in-container test needs of the machine. A violated assumption would not get out of the container (its JUnit is
 * another copy of the classes), so a test that is left out says so on the console and returns; the system property
 * {@code storage.test.require} makes it fail instead.
 */
final class Needs {
    private Needs() {}

    /** Whether to go on. */
    static boolean met(String name, boolean there, String reason) {
        if (there) {
            return true;
        }
        List<String> demanded = Arrays.asList(
                System.getProperty("storage.test.require", "").trim().split("\\s*,\\s*", -1));
        if (demanded.contains("all") || demanded.contains(name)) {
            fail("Required by -Dstorage.test.require, but missing: " + name + ": " + reason);
        }
        System.out.println("Skipped, " + name + ": " + reason);
        return false;
    }
}
