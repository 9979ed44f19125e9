package storage.common.tree;

import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import storage.api.FileNames;
import storage.common.Xattr;
import storage.common.archive.Attributes;
import storage.common.archive.PrivilegeRecord;
import storage.linux.Stat;

/** Notes what a copy lacks in its record, beside what the record already says of the file. */
final class DeniedCopies implements NodeCopy.Denied {
    private final Optional<PrivilegeRecord> record;
    private UnaryOperator<byte[]> paths;

    DeniedCopies(Optional<PrivilegeRecord> record) {
        this.record = record;
    }

    /** How a name in the directory that is being copied becomes a path. */
    void pathOf(UnaryOperator<byte[]> pathOf) {
        this.paths = pathOf;
    }

    @Override
    public boolean note(byte[] name, Stat stat, List<Xattr> xattrs) {
        if (record.isEmpty()) {
            return false;
        }
        var path = paths.apply(name);
        var known = record.get().get(path).orElse(Attributes.NONE);
        var values = new HashMap<>(known.xattrs());
        for (var xattr : xattrs) {
            values.putIfAbsent(FileNames.decode(xattr.name()), xattr.value());
        }
        var device = stat.type() == Stat.S_IFBLK || stat.type() == Stat.S_IFCHR;
        record.get()
                .put(
                        path,
                        new Attributes(
                                known.mode() == 0 && device ? stat.mode : known.mode(),
                                known.uid() == -1 ? stat.uid & 0xffffffffL : known.uid(),
                                known.gid() == -1 ? stat.gid & 0xffffffffL : known.gid(),
                                known.special() == 0 && device ? stat.special : known.special(),
                                values));
        return true;
    }
}
