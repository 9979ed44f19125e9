package storage.common.diff;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import storage.api.Change;
import storage.common.archive.LayerPacker;
import storage.linux.Syscalls;

/** The differences of two trees in the forms that tests look at. */
public final class Told {
    private Told() {}

    public static List<Change> changes(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        var list = new ChangeList();
        TreeDiff.walk(linux, older, newer, options, list);
        return list.changes();
    }

    public static long size(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        var sum = new SizeSum();
        TreeDiff.walk(linux, older, newer, options, sum);
        return sum.bytes();
    }

    public static void pack(Syscalls linux, int older, int newer, DiffOptions options, OutputStream out)
            throws IOException {
        var packer = new LayerPacker(linux, out, options.ids(), options.recorded());
        TreeDiff.walk(linux, older, newer, options, new ArchiveSink(packer));
        packer.end();
    }
}
