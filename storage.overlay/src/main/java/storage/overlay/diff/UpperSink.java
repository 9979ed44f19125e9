package storage.overlay.diff;

import java.io.IOException;
import storage.common.diff.ChangeSink;

/** Is told what an upper directory says. */
interface UpperSink extends ChangeSink {
    /** A directory, told as present just before, hides everything that lies below it in the lower directories. */
    default void opaque(byte[] path) throws IOException {}
}
