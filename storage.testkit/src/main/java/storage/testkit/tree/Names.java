package storage.testkit.tree;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.linux.DirectoryStream;
import storage.linux.Fd;
import storage.linux.FdInputStream;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/** Directory listings and file contents by path. */
final class Names {
    private Names() {}

    /** The names in a directory, sorted. */
    static List<String> of(Syscalls linux, byte[] directory) throws IOException {
        var names = new ArrayList<String>();
        try (var fd = Fd.directory(linux, FileNames.decode(directory))) {
            var stream = new DirectoryStream(linux, fd.number());
            while (stream.next()) {
                names.add(FileNames.decode(stream.name()));
            }
        }
        names.sort(null);
        return names;
    }

    static byte[] content(Syscalls linux, byte[] file) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW;
        var fd = Fd.open(linux, FileCalls.AT_FDCWD, FileNames.decode(file), flags, 0);
        try (var in = FdInputStream.owning(linux, fd.number())) {
            return in.readAllBytes();
        }
    }
}
