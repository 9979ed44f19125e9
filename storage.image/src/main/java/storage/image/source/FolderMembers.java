package storage.image.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * An unpacked archive: a folder of the user's own, in which links are followed (build tools link to blobs elsewhere).
 * What they lead to is only used if it has the digest that was asked for.
 */
final class FolderMembers implements Members {
    private final Path folder;

    FolderMembers(Path folder) {
        this.folder = folder;
    }

    @Override
    public Optional<Member> find(String name) throws IOException {
        var normal = Member.normal(name);
        if (normal.isEmpty()) {
            return Optional.empty();
        }
        try {
            var file = folder.resolve(normal.get());
            return Files.isRegularFile(file)
                    ? Optional.of(new Member(normal.get(), Files.size(file), 0))
                    : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    @Override
    public InputStream open(Member member) throws IOException {
        var channel = FileChannel.open(folder.resolve(member.name()), StandardOpenOption.READ);
        return new Slice(channel, 0, member.size(), true);
    }

    @Override
    public void close() {
        // nothing is held between calls
    }
}
