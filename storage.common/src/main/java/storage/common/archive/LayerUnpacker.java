package storage.common.archive;

import java.io.IOException;
import java.io.InputStream;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarLimits;
import storage.common.tar.TarReader;
import storage.linux.Syscalls;

/**
 * Unpacks layer archives that nobody vouches for.
 *
 * <p>The result is what unpacking into the merged tree would give, on every form of target: entries replace what has
 * their names, whatever it is, save that directories are merged; whiteouts hide what lies below the archive and nothing
 * of the archive itself, wherever they stand in it; directories that no entry describes are those below or 0755 of root.
 * Names are resolved within the root as {@link MergedTree} tells. A character device 0:0 is a whiteout of its name, as
 * the kernel has it.
 */
public final class LayerUnpacker {
    /** Directories held open before all are let go of; an entry that leads deeper opens more for its own time. */
    private static final int MAX_OPEN = 400;

    /** What writers fill their archives up with, at the least allowed. */
    private static final int SLACK = 1 << 20;

    private final ArchiveLimits limits;
    private final TarReader reader;
    private final EntryAttributes attributes;
    private final MergedTree tree;
    private final EntryWriter writer;
    private final FileFilling filling;
    private final Whiteouts whiteouts;
    private final TarEntry entry = new TarEntry();
    private final EntryPath target;

    // two paths, taken in turns: the next entry is often in the same directory as the last
    private EntryPath path;
    private EntryPath last;
    private MergedDir lastParent;

    private long bytes;
    private long entries;

    private LayerUnpacker(
            Syscalls linux,
            MergedTree tree,
            TarReader reader,
            UnpackOptions options,
            Forms forms,
            EntryAttributes attributes,
            FileFilling filling) {
        this.limits = options.limits();
        this.reader = reader;
        this.attributes = attributes;
        this.tree = tree;
        this.filling = filling;
        this.writer = new EntryWriter(linux, forms, tree, attributes, filling, options.unprivileged());
        this.whiteouts = new Whiteouts(linux, forms, tree, attributes);
        this.path = new EntryPath(limits);
        this.last = new EntryPath(limits);
        this.target = new EntryPath(limits);
    }

    /**
     * Unpacks an archive. What was unpacked when it fails stays; the caller removes the tree. Nothing is synced.
     *
     * @param archive an uncompressed tar archive, read to the stream's end, not closed
     * @return what it held
     * @throws storage.api.StorageException BAD_ARCHIVE or LIMIT_EXCEEDED for what the archive holds
     * @throws IOException what the stream or the kernel answers
     */
    public static Unpacked unpack(Syscalls linux, UnpackTarget target, InputStream archive, UnpackOptions options)
            throws IOException {
        return unpack(linux, target, archive, options, MAX_OPEN);
    }

    /** The same with another limit of directories held open. */
    static Unpacked unpack(Syscalls linux, UnpackTarget target, InputStream archive, UnpackOptions options, int maxOpen)
            throws IOException {
        var limits = options.limits();
        var reader = new TarReader(
                archive, new TarLimits(limits.maxPathBytes(), limits.maxXattrs(), limits.maxXattrBytes()));
        var forms = new Forms(linux, target.whiteouts());
        var attributes = new EntryAttributes(linux, options);
        try (var tree = new MergedTree(linux, target, forms, attributes, maxOpen);
                var filling = new FileFilling(linux, reader, attributes, options)) {
            var unpacker = new LayerUnpacker(linux, tree, reader, options, forms, attributes, filling);
            return unpacker.run(target);
        }
    }

    private Unpacked run(UnpackTarget to) throws IOException {
        while (reader.next(entry)) {
            if (++entries > limits.maxEntries()) {
                throw Refusal.tooMuch("more than " + limits.maxEntries() + " entries");
            }
            if (entry.size > limits.maxBytes() - bytes) {
                throw Refusal.tooMuch("more than " + limits.maxBytes() + " bytes");
            }
            bytes += entry.size;
            apply();
        }
        filling.finish();
        reader.drain(Math.max(limits.maxBytes(), SLACK));
        whiteouts.finish(to.lowers().stream().mapToInt(Integer::intValue).toArray());
        tree.finish();
        return new Unpacked(bytes, entries);
    }

    private void apply() throws IOException {
        attributes.map(entry);
        path.parse(entry.name);
        if (path.isBelowMark()) {
            throw Refusal.bad("an entry lies below the whiteout in " + entry.shownName());
        }
        if (path.count() == 0) {
            if (entry.type != TarFormat.DIRECTORY) {
                throw Refusal.bad("the entry " + entry.shownName() + " is the root, but no directory");
            }
            writer.root(entry);
            return;
        }
        var parent = parent();
        tree.make(parent, entry);
        var name = path.last();
        if (path.isMark()) {
            var hidden = Whiteouts.hidden(name);
            if (hidden == null) {
                whiteouts.hideBelow(parent);
            } else {
                whiteouts.hide(parent, hidden);
            }
        } else if (EntryWriter.isWhiteout(entry)) {
            whiteouts.hide(parent, name);
        } else {
            write(parent, name);
        }
        var next = last;
        last = path;
        path = next;
    }

    private MergedDir parent() throws IOException {
        if (tree.trim()) {
            lastParent = null;
        }
        if (lastParent != null && lastParent.fd >= 0 && path.hasSameParent(last)) {
            return lastParent;
        }
        var parent = tree.parent(path);
        lastParent = tree.wasPlain() ? parent : null;
        return parent;
    }

    private void write(MergedDir parent, byte[] name) throws IOException {
        switch (entry.type) {
            case TarFormat.DIRECTORY -> writer.directory(parent, name, entry);
            case TarFormat.REGULAR -> writer.regular(parent, name, entry);
            case TarFormat.SYMLINK -> writer.symlink(parent, name, entry);
            case TarFormat.HARD_LINK -> {
                target.parse(entry.link);
                writer.hardLink(parent, name, entry, target);
            }
            default -> writer.special(parent, name, entry);
        }
    }
}
