package storage.common;

/** An extended attribute of a file, xattr(7). */
public final class Xattr {
    private final byte[] name;
    private final byte[] value;

    public Xattr(byte[] name, byte[] value) {
        this.name = name;
        this.value = value;
    }

    /** The name with its namespace; not to be changed. */
    public byte[] name() {
        return name;
    }

    /** The value; not to be changed. */
    public byte[] value() {
        return value;
    }
}
