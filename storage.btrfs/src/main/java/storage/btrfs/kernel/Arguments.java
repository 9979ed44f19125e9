package storage.btrfs.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import storage.api.FileNames;
import storage.api.StorageException;

/** The structs that ioctls take and give, as memory that the kernel can read and write. */
final class Arguments {
    /** {@code BTRFS_VOL_NAME_MAX}: the kernel's limit for the name of a subvolume, in bytes. */
    static final int NAME_MAX = 255;

    private Arguments() {}

    /** A struct of that size, all zero. */
    static ByteBuffer of(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Puts a name where the kernel expects one, ended by the zero that is there already. */
    static void put(ByteBuffer argument, int offset, String name) throws StorageException {
        var bytes = FileNames.encode(name);
        if (bytes.length > NAME_MAX) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The name of a btrfs subvolume has at most " + NAME_MAX + " bytes, this one has " + bytes.length,
                    "Choose a shorter name");
        }
        for (var b : bytes) {
            if (b == 0 || b == '/') {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "The name of a btrfs subvolume has no slash and no zero byte in it: " + name,
                        "Choose another name");
            }
        }
        argument.put(offset, bytes);
    }

    /** The name or path that the kernel put there. */
    static String text(ByteBuffer argument, int offset) {
        var end = offset;
        while (end < argument.capacity() && argument.get(end) != 0) {
            end++;
        }
        return FileNames.decode(bytes(argument, offset, end - offset));
    }

    static byte[] bytes(ByteBuffer argument, int offset, int length) {
        var bytes = new byte[length];
        argument.get(offset, bytes);
        return bytes;
    }
}
