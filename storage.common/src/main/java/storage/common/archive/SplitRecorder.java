package storage.common.archive;

import java.io.IOException;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarSplitter;
import storage.common.tree.LongSet;

/**
 * Decides what a record keeps of each entry: the name and check sum where the layer will hold the content, else the bytes.
 * Content that the layer will not give back under its name stays in the record: sparse files, what lies behind a link of
 * the same archive, whiteouts.
 */
final class SplitRecorder implements TarSplitter.Parts {
    private final SplitRecord record;
    private final EntryPath path =
            new EntryPath(new ArchiveLimits(Long.MAX_VALUE, Long.MAX_VALUE, 1 << 16, 1 << 16, 1 << 16, 0, 0));
    private final PathKeys keys = new PathKeys();
    private final Crc64 crc = new Crc64();

    /** Names that the record has: the engine refuses one that has a name twice. */
    private final LongSet names = new LongSet();

    /** Files whose content is left to the layer, and the directories that they are in. */
    private final LongSet kept = new LongSet();

    private final LongSet links = new LongSet();
    private boolean overwritten;

    private byte[] name;
    private long size;

    SplitRecorder(SplitRecord record) {
        this.record = record;
    }

    /** Whether a later entry took the place of a file whose content was left to the layer. */
    boolean isOverwritten() {
        return overwritten;
    }

    @Override
    public void bytes(byte[] bytes, int offset, int length) throws IOException {
        record.bytes(bytes, offset, length);
    }

    @Override
    public boolean entry(TarEntry entry) throws IOException {
        path.parse(entry.name);
        var key = PathKeys.ROOT;
        var behindLink = false;
        for (var i = 0; i < path.count(); i++) {
            key = keys.child(key, path.component(i));
            behindLink |= i < path.count() - 1 && links.contains(key);
        }
        if (entry.type != TarFormat.DIRECTORY && kept.contains(key)) {
            overwritten = true;
        }
        if (entry.type == TarFormat.SYMLINK) {
            links.add(key);
        } else {
            links.remove(key);
        }
        var isNew = names.add(key);
        if (entry.size > 0 && !behindLink && isNew && !path.isMark() && !path.isBelowMark()) {
            keep();
            name = entry.name;
            size = entry.size;
            crc.reset();
            return true;
        }
        if (isNew) {
            record.file(entry.name, 0, null);
        }
        return false;
    }

    private void keep() {
        var key = PathKeys.ROOT;
        for (var i = 0; i < path.count(); i++) {
            key = keys.child(key, path.component(i));
            kept.add(key);
        }
    }

    @Override
    public void content(byte[] bytes, int offset, int length) {
        crc.update(bytes, offset, length);
    }

    @Override
    public void contentEnds() throws IOException {
        record.file(name, size, crc.sum());
    }
}
