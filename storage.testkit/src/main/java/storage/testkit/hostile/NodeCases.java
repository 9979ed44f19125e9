package storage.testkit.hostile;

import static storage.testkit.hostile.HostileCase.named;

import java.util.ArrayList;
import java.util.List;

/** Devices, privileges of files, and attributes with which a layer could show what it does not have. */
final class NodeCases {
    /** VFS_CAP_REVISION_2 with cap_sys_admin, linux/capability.h. */
    private static final String CAPABILITY = "\0\0\0\2\0\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0";

    private NodeCases() {}

    static List<HostileCase> all() {
        var cases = new ArrayList<HostileCase>();
        devices(cases);
        privileges(cases);
        attributes(cases);
        return cases;
    }

    private static void devices(List<HostileCase> cases) {
        cases.add(named("devices-and-fifo")
                .asRoot()
                .tar(new RawTar().device("c", 'c', 1, 3).device("b", 'b', 8, 0).fifo("p"))
                .kept(t -> t.device("c", 'c', 1, 3)
                        .but("c", "mode 600")
                        .device("b", 'b', 8, 0)
                        .but("b", "mode 600")
                        .fifo("p")));
        cases.add(named("device-numbers-beyond-the-kernels")
                .tar(new RawTar().entry('4', "b", "", 0, 0600, 329, RawTar.octal(4096, 7), 337, RawTar.octal(0, 7)))
                .bad());
        cases.add(named("device-numbers-below-zero")
                .tar(new RawTar().entry('4', "b", "", 0, 0600, 329, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}))
                .bad());
        cases.add(named("device-below-a-device")
                .tar(new RawTar().device("c", 'c', 1, 3).device("c/d", 'c', 1, 3))
                .bad());
    }

    private static void privileges(List<HostileCase> cases) {
        cases.add(named("setuid-and-setgid")
                .asRoot()
                .tar(new RawTar().mode(06755).file("f", "x").mode(03777).directory("d"))
                .kept(t -> t.file("f", "x").but("f", "mode 6755").directory("d").but("d", "mode 3777")));
        cases.add(named("mode-with-a-files-type")
                .tar(new RawTar().mode(0120755).file("f", "x"))
                .leftOut(t -> t.file("f", "x").but("f", "mode 755")));
        cases.add(named("capability")
                .asRoot()
                .tar(new RawTar()
                        .xattr("security.capability", CAPABILITY)
                        .mode(0755)
                        .file("f", "x"))
                .kept(t ->
                        t.file("f", "x").but("f", "mode 755 security.capability=0000000200002000" + "0".repeat(24))));
        cases.add(named("capability-that-is-none")
                .asRoot()
                .tar(new RawTar().xattr("security.capability", "x").file("f", "x"))
                .bad());
        cases.add(named("access-list-that-is-none")
                .asRoot()
                .tar(new RawTar().xattr("system.posix_acl_access", "x").file("f", "x"))
                .bad());
        for (var owner : List.of("4294967295", "4294967296", "18446744073709551615")) {
            cases.add(named("owner-that-no-file-has " + owner)
                    .tar(new RawTar().record("uid=" + owner).file("f", "x"))
                    .bad());
        }
        cases.add(named("owner-below-zero")
                .tar(new RawTar().entry('0', "f", "", 0, 0644, 108, new byte[] {-1, -1, -1, -1, -1, -1, -1, -2}))
                .bad());
    }

    private static void attributes(List<HostileCase> cases) {
        for (var name : List.of(
                "trusted.overlay.opaque",
                "trusted.overlay.whiteout",
                "trusted.overlay.metacopy",
                "trusted.overlay.overlay.opaque",
                "user.overlay.opaque",
                "user.overlay.whiteouts",
                "trusted.other",
                "security.selinux",
                "security.evm",
                "security.other",
                "system.other",
                "btrfs.compression",
                "nonsense")) {
            cases.add(named("attribute-of-a-forbidden-namespace " + name)
                    .on(Corpus.ground())
                    .tar(new RawTar()
                            .xattr(name, "y")
                            .directory("etc")
                            .xattr(name, "y")
                            .file("f", "x"))
                    .leftOut(t -> Corpus.ground(t).file("f", "x")));
        }
        cases.add(named("attribute-that-redirects")
                .on(Corpus.ground())
                .tar(new RawTar()
                        .xattr("trusted.overlay.redirect", "/data")
                        .directory("etc")
                        .xattr("user.overlay.redirect", "/data")
                        .directory("new"))
                .leftOut(t -> Corpus.ground(t).directory("new")));
        cases.add(named("attribute-in-libarchives-way")
                .tar(new RawTar()
                        .record("LIBARCHIVE.xattr.trusted%2eoverlay%2eopaque=eQ==")
                        .directory("d"))
                .leftOut(t -> t.directory("d")));
        cases.add(named("attribute-without-a-name")
                .tar(new RawTar().xattr("", "y").file("f", "x"))
                .bad());
        cases.add(named("attribute-with-a-name-of-256-bytes")
                .tar(new RawTar().xattr("user." + "n".repeat(251), "y").file("f", "x"))
                .bad());
        cases.add(named("attribute-that-is-no-base64")
                .tar(new RawTar().record("LIBARCHIVE.xattr.user.a=A").file("f", "x"))
                .bad());
    }
}
