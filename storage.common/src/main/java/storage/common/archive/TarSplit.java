package storage.common.archive;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import storage.api.FileNames;
import storage.api.LayerFiles;
import storage.api.StorageException;
import storage.common.io.WatchedInput;
import storage.common.tar.TarEntry;
import storage.common.tar.TarSplitter;

/**
 * The record that gives an archive back byte for byte: everything in the archive that is not content of files, and check
 * sums of what is. The format is the engine's (tar-split, JSON lines), not compressed here.
 */
public final class TarSplit {
    /** An engine writes what follows an archive's end as one piece. */
    private static final int MAX_TEXT = 1 << 30;

    private static final int SEGMENT = 2;
    private static final int FILE = 1;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(MAX_TEXT).build())
            .build();

    private TarSplit() {}

    /** An archive that passes through while its record is written. */
    public static final class Recording extends WatchedInput {
        private final SplitRecord record;
        private final SplitRecorder recorder;
        private final TarSplitter splitter;
        private boolean finished;

        private Recording(InputStream tar, OutputStream out) {
            super(tar);
            this.record = new SplitRecord(out);
            this.recorder = new SplitRecorder(record);
            this.splitter = new TarSplitter(recorder);
        }

        @Override
        protected void passed(byte[] bytes, int offset, int length) throws IOException {
            splitter.accept(bytes, offset, length);
        }

        @Override
        protected void ended() throws IOException {
            if (!finished) {
                finished = true;
                splitter.finish();
                record.finish();
            }
        }

        /**
         * Whether the layer will not hold all of the archive's content, because a later entry replaces an earlier file
         * (the engine refuses such archives). Then the record cannot give the archive back; {@link #recordingAll} can.
         */
        public boolean isIncomplete() {
            return recorder.isOverwritten();
        }
    }

    /**
     * Passes an archive through and writes its record. The record is whole once the stream has been read to its end;
     * closing it closes the archive. The record is flushed at the end, but never closed.
     */
    public static Recording recording(InputStream tar, OutputStream record) {
        return new Recording(tar, record);
    }

    /** Writes a record that holds the whole archive, content included, and needs no file of the layer. */
    public static void recordingAll(InputStream tar, OutputStream record) throws IOException {
        var all = new SplitRecord(record);
        var buffer = new byte[64 << 10];
        int count;
        while ((count = tar.read(buffer)) > 0) {
            all.bytes(buffer, 0, count);
        }
        all.finish();
    }

    /**
     * Puts an archive together again from its record and the layer's files.
     *
     * @param out neither flushed nor closed
     * @throws StorageException DAMAGED, naming the file, if the files are not what they were; or if the record is none
     */
    public static void reassemble(InputStream record, LayerFiles files, OutputStream out) throws IOException {
        var piece = new Piece();
        var content = new Content(files, out);
        try (var parser = JSON.createParser(record)) {
            parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                piece.read(parser);
                if (piece.type == SEGMENT) {
                    out.write(piece.payload);
                } else if (piece.type == FILE && piece.size > 0) {
                    content.copy(piece);
                }
            }
            if (parser.currentToken() != null) {
                throw noRecord();
            }
        } catch (JsonProcessingException | CharConversionException e) { // the latter if it begins as UTF-32 does
            throw noRecord().causedBy(e);
        }
    }

    private static StorageException noRecord() {
        return StorageException.of(
                StorageException.Kind.DAMAGED,
                "The layer's tar-split record is cut off or is none",
                "Import the image again");
    }

    /** One line. */
    private static final class Piece {
        private int type;
        private byte[] name;
        private long size;
        private byte[] payload;

        void read(JsonParser parser) throws IOException {
            type = 0;
            name = new byte[0];
            size = 0;
            payload = new byte[0];
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var field = parser.currentName();
                var token = parser.nextToken();
                if (token == null) {
                    throw noRecord();
                }
                if (token == JsonToken.VALUE_NULL) {
                    continue;
                }
                switch (field) {
                    case "type" -> type = parser.getIntValue();
                    case "name" -> name = parser.getText().getBytes(StandardCharsets.UTF_8);
                    case "name_raw" -> name = parser.getBinaryValue();
                    case "size" -> size = parser.getLongValue();
                    case "payload" -> payload = parser.getBinaryValue();
                    default -> parser.skipChildren();
                }
            }
            if (parser.currentToken() != JsonToken.END_OBJECT) {
                throw noRecord();
            }
        }
    }

    /** Content of files, checked while it is copied. */
    private static final class Content {
        private final LayerFiles files;
        private final OutputStream out;
        private final EntryPath path = new EntryPath(ArchiveLimits.DEFAULT);
        private final Crc64 crc = new Crc64();
        private final byte[] buffer = new byte[256 << 10];

        Content(LayerFiles files, OutputStream out) {
            this.files = files;
            this.out = out;
        }

        void copy(Piece piece) throws IOException {
            var shown = TarEntry.shown(piece.name);
            try (var in = open(piece.name, shown)) {
                crc.reset();
                var left = piece.size;
                while (left > 0) {
                    var count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    if (count < 0) {
                        throw damaged(shown, "is shorter than it was");
                    }
                    crc.update(buffer, 0, count);
                    out.write(buffer, 0, count);
                    left -= count;
                }
                if (in.read() >= 0) {
                    throw damaged(shown, "is longer than it was");
                }
            }
            if (!Arrays.equals(crc.sum(), piece.payload)) {
                throw damaged(shown, "has other content than it had");
            }
        }

        private InputStream open(byte[] name, String shown) throws IOException {
            path.parse(name);
            var clean = new StringBuilder();
            for (var i = 0; i < path.count(); i++) {
                clean.append(i == 0 ? "" : "/").append(FileNames.decode(path.component(i)));
            }
            try {
                return files.open(clean.toString());
            } catch (StorageException e) {
                if (e.kind() == StorageException.Kind.NOT_FOUND) {
                    throw damaged(shown, "is missing").causedBy(e);
                }
                throw e;
            }
        }

        private static StorageException damaged(String name, String what) {
            return StorageException.of(
                    StorageException.Kind.DAMAGED,
                    "The layer's file /" + name + " " + what,
                    "Remove the image and import it again");
        }
    }
}
