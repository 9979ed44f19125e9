package storage.image.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.Map;
import java.util.Optional;
import storage.image.meta.Bad;
import storage.image.meta.Shown;

/** A tar archive that was indexed in one pass and is read by offset, so that its members may come in any order. */
final class TarMembers implements Members {
    /** How many links in a row are followed: old docker archives have one, a cycle any number. */
    private static final int MOST_LINKS = 8;

    private final FileChannel channel;
    private final Map<String, TarIndex.Entry> entries;

    private TarMembers(FileChannel channel, Map<String, TarIndex.Entry> entries) {
        this.channel = channel;
        this.entries = entries;
    }

    /** Indexes an archive; the channel is closed with the result, or at once if that fails. */
    static TarMembers open(FileChannel channel) throws IOException {
        try {
            return new TarMembers(channel, TarIndex.read(channel));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public Optional<Member> find(String name) throws IOException {
        var normal = Member.normal(name);
        for (var links = 0; normal.isPresent(); links++) {
            var entry = entries.get(normal.get());
            if (entry == null) {
                return Optional.empty();
            }
            if (entry.target().isEmpty()) {
                return Optional.of(new Member(normal.get(), entry.size(), entry.offset()));
            }
            if (links == MOST_LINKS) {
                throw Bad.archive("The links of the archive lead in a circle at %s", Shown.text(name));
            }
            normal = Member.normal(entry.target());
        }
        return Optional.empty();
    }

    @Override
    public InputStream open(Member member) {
        return new Slice(channel, member.offset(), member.size(), false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
