package storage.testkit.hostile;

import java.util.ArrayList;
import java.util.List;

/** All hostile archives. */
public final class Corpus {
    private Corpus() {}

    /** Every case, each with a name of its own, for backends that hold every name that a filesystem holds. */
    public static List<HostileCase> cases() {
        return cases(255);
    }

    /**
     * Every case, each with a name of its own.
     *
     * @param longestName the longest name that the backend can hold, in bytes; longer ones are to be refused
     */
    public static List<HostileCase> cases(int longestName) {
        var cases = new ArrayList<HostileCase>();
        cases.addAll(NameCases.all(longestName));
        cases.addAll(SymlinkCases.all());
        cases.addAll(HardLinkCases.all());
        cases.addAll(WhiteoutCases.all());
        cases.addAll(NodeCases.all());
        cases.addAll(TypeCases.all());
        cases.addAll(FramingCases.all());
        cases.addAll(NumberCases.all());
        cases.addAll(BombCases.all());
        return cases;
    }

    /** What many archives are unpacked on: a small system with links in it. */
    static RawTar ground() {
        return new RawTar()
                .directory("data")
                .file("data/keep", "k")
                .directory("etc")
                .file("etc/motd", "hello")
                .directory("usr")
                .directory("usr/bin")
                .file("usr/bin/sh", "#!")
                .symlink("bin", "usr/bin")
                .symlink("abs", "/usr/bin");
    }

    /** The same, as it is shown. */
    static Picture ground(Picture tree) {
        return tree.file("data/keep", "k")
                .file("etc/motd", "hello")
                .file("usr/bin/sh", "#!")
                .symlink("bin", "usr/bin")
                .symlink("abs", "/usr/bin");
    }
}
