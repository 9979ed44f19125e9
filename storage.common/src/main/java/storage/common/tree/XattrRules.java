package storage.common.tree;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Which extended attributes belong to a layer's content: the users' own, capabilities, signatures of files, access
 * control lists. Not what the kernel's union filesystems keep in attributes ({@code trusted.overlay.*},
 * {@code user.overlay.*}), with which an archive could show other content than it seems to have; nor security labels,
 * which the host gives.
 */
public final class XattrRules {
    private static final byte[] USER = ascii("user.");
    private static final byte[] USER_OVERLAY = ascii("user.overlay.");
    private static final byte[] CAPABILITY = ascii("security.capability");
    private static final byte[] IMA = ascii("security.ima");
    private static final byte[] ACL = ascii("system.posix_acl_");

    private XattrRules() {}

    /** Whether an attribute goes into archives and comes out of them. */
    public static boolean isContent(byte[] name) {
        return startsWith(name, USER) && !startsWith(name, USER_OVERLAY)
                || Arrays.equals(name, CAPABILITY)
                || Arrays.equals(name, IMA)
                || startsWith(name, ACL);
    }

    private static boolean startsWith(byte[] name, byte[] prefix) {
        return name.length >= prefix.length && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
