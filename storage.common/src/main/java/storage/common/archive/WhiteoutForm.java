package storage.common.archive;

/** What a whiteout of an archive becomes in the tree that is unpacked into. */
public enum WhiteoutForm {
    /** A plain tree that holds what lies below as well: the hidden things are deleted. */
    REMOVE,
    /** The upper directory of an overlay: a character device 0:0, and {@code trusted.overlay.opaque=y}. */
    OVERLAY,
    /** A branch of an aufs: files named {@code .wh.NAME}, and {@code .wh..wh..opq}. */
    AUFS
}
