package storage.common.tar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import storage.api.StorageException;
import storage.common.Xattr;

/**
 * The records of a PAX extended header ("pax Extended Header" of POSIX.1): {@code length keyword=value\n}. Values are
 * bytes: extended attributes are no text, and names need not be.
 */
final class PaxRecords {
    private static final String SCHILY = "SCHILY.xattr.";
    private static final String LIBARCHIVE = "LIBARCHIVE.xattr.";

    byte[] path;
    byte[] linkPath;
    Long size;
    Long uid;
    Long gid;
    Long seconds;
    int nanos;

    // GNU.sparse.*
    byte[] sparseName;
    Long sparseSize;
    int sparseMajor;
    int sparseMinor;
    boolean sparseMap;
    boolean sparseVersion;
    private Long pendingOffset;

    final List<Xattr> xattrs = new ArrayList<>();

    void clear() {
        path = null;
        linkPath = null;
        size = null;
        uid = null;
        gid = null;
        seconds = null;
        sparseName = null;
        sparseSize = null;
        sparseMap = false;
        sparseVersion = false;
        pendingOffset = null;
        xattrs.clear();
    }

    /** Takes over owner and time from a global header; names, sizes and the like of all files make no sense. */
    void inherit(PaxRecords global) {
        uid = global.uid;
        gid = global.gid;
        seconds = global.seconds;
        nanos = global.nanos;
    }

    /** Reads all records of a header. */
    void parse(byte[] records, TarLimits limits, SparseMap sparse) throws StorageException {
        var at = 0;
        while (at < records.length) {
            var space = at;
            var length = 0;
            while (space < records.length && records[space] >= '0' && records[space] <= '9') {
                length = length * 10 + (records[space] - '0');
                if (length > records.length) {
                    throw TarFormat.bad("a PAX record is longer than its header");
                }
                space++;
            }
            // "5 a=\n" is the shortest
            if (space == at
                    || space == records.length
                    || records[space] != ' '
                    || length < space - at + 4
                    || length > records.length - at
                    || records[at + length - 1] != '\n') {
                throw TarFormat.bad("a PAX record is malformed");
            }
            record(records, space + 1, at + length - 1, limits, sparse);
            at += length;
        }
        if (pendingOffset != null) {
            throw TarFormat.bad("a sparse file's map has an offset without a length");
        }
    }

    private void record(byte[] records, int from, int to, TarLimits limits, SparseMap sparse) throws StorageException {
        var equals = from;
        while (equals < to && records[equals] != '=') {
            equals++;
        }
        if (equals == to || equals == from) {
            throw TarFormat.bad("a PAX record has no keyword");
        }
        var keyword = new String(records, from, equals - from, StandardCharsets.ISO_8859_1);
        var value = Arrays.copyOfRange(records, equals + 1, to);
        switch (keyword) {
            case "path" -> path = orNull(value);
            case "linkpath" -> linkPath = orNull(value);
            case "size" -> size = number(value, keyword);
            case "uid" -> uid = number(value, keyword);
            case "gid" -> gid = number(value, keyword);
            case "mtime" -> time(value);
            default -> {
                if (keyword.startsWith(SCHILY)) {
                    xattr(unescaped(keyword.substring(SCHILY.length())), value, limits);
                } else if (keyword.startsWith(LIBARCHIVE)) {
                    libarchive(keyword.substring(LIBARCHIVE.length()), value, limits);
                } else if (keyword.startsWith("GNU.sparse.")) {
                    sparse(keyword, value, sparse);
                }
            }
        }
    }

    /** An empty value takes an earlier one back. */
    private static byte[] orNull(byte[] value) throws StorageException {
        for (var b : value) {
            if (b == 0) {
                throw TarFormat.bad("a name holds a zero byte");
            }
        }
        return value.length == 0 ? null : value;
    }

    private static Long number(byte[] value, String keyword) throws StorageException {
        return value.length == 0 ? null : (Long) decimal(value, 0, value.length, keyword);
    }

    static long decimal(byte[] value, int from, int to, String what) throws StorageException {
        if (from == to || to - from > 19) {
            throw TarFormat.bad("the PAX number of " + what + " is no number");
        }
        var result = 0L;
        for (var i = from; i < to; i++) {
            var digit = value[i] - '0';
            if (digit < 0 || digit > 9) {
                throw TarFormat.bad("the PAX number of " + what + " is no number");
            }
            result = result * 10 + digit;
            if (result < 0) {
                throw TarFormat.bad("the PAX number of " + what + " is too large");
            }
        }
        return result;
    }

    /** Seconds since 1970 with a fraction; what is finer than a nanosecond is cut off. */
    private void time(byte[] value) throws StorageException {
        if (value.length == 0) {
            seconds = null;
            return;
        }
        if (value.length > 64) {
            throw TarFormat.bad("a PAX time is too long");
        }
        var negative = value[0] == '-';
        var from = negative ? 1 : 0;
        var point = from;
        while (point < value.length && value[point] != '.') {
            point++;
        }
        var whole = decimal(value, from, point, "mtime");
        var fraction = 0;
        var scale = 100_000_000;
        for (var i = point + 1; i < value.length; i++) {
            var digit = value[i] - '0';
            if (digit < 0 || digit > 9) {
                throw TarFormat.bad("the PAX number of mtime is no number");
            }
            fraction += digit * scale;
            scale /= 10;
        }
        // -1.25 is a quarter second before -1
        seconds = negative ? (fraction == 0 ? -whole : -whole - 1) : whole;
        nanos = negative && fraction != 0 ? 1_000_000_000 - fraction : fraction;
    }

    private void xattr(byte[] name, byte[] value, TarLimits limits) throws StorageException {
        if (name.length == 0 || name.length > 255) {
            throw TarFormat.bad("an extended attribute's name is empty or too long");
        }
        xattrs.removeIf(other -> Arrays.equals(other.name(), name));
        xattrs.add(new Xattr(name, value));
        var sum = 0L;
        for (var other : xattrs) {
            sum += other.name().length + other.value().length;
        }
        if (xattrs.size() > limits.maxXattrs() || sum > limits.maxXattrBytes()) {
            throw TarFormat.tooMuch("the extended attributes of one file");
        }
    }

    /** GNU tar writes = and % of a name as %3D and %25, because = ends the keyword. */
    private static byte[] unescaped(String name) {
        var plain = name.indexOf('%') < 0 ? name : name.replace("%3D", "=").replace("%25", "%");
        return plain.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void libarchive(String name, byte[] value, TarLimits limits) throws StorageException {
        var bytes = new java.io.ByteArrayOutputStream(name.length());
        for (var i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '%' && i + 2 < name.length() && isHex(name, i + 1) && isHex(name, i + 2)) {
                bytes.write(Integer.parseInt(name, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(name.charAt(i));
            }
        }
        try {
            xattr(bytes.toByteArray(), Base64.getMimeDecoder().decode(value), limits);
        } catch (IllegalArgumentException e) {
            throw TarFormat.bad("an extended attribute is no base64").causedBy(e);
        }
    }

    private static boolean isHex(String text, int i) {
        return Character.digit(text.charAt(i), 16) >= 0;
    }

    private void sparse(String keyword, byte[] value, SparseMap map) throws StorageException {
        switch (keyword.substring("GNU.sparse.".length())) {
            case "major" -> {
                sparseMajor = (int) Math.min(99, decimal(value, 0, value.length, keyword));
                sparseVersion = true;
            }
            case "minor" -> sparseMinor = (int) Math.min(99, decimal(value, 0, value.length, keyword));
            case "name" -> sparseName = orNull(value);
            case "size", "realsize" -> sparseSize = decimal(value, 0, value.length, keyword);
            case "map" -> {
                if (!sparseMap) {
                    list(value, map);
                }
            }
            case "offset" -> pendingOffset = decimal(value, 0, value.length, keyword);
            case "numbytes" -> {
                if (pendingOffset == null) {
                    throw TarFormat.bad("a sparse file's map has a length without an offset");
                }
                map.add(pendingOffset, decimal(value, 0, value.length, keyword));
                pendingOffset = null;
                sparseMap = true;
            }
            default -> {
                // numblocks says what the map says
            }
        }
    }

    /** Version 0.1: offset,length,offset,length. */
    private void list(byte[] value, SparseMap map) throws StorageException {
        map.clear();
        sparseMap = true;
        var at = 0;
        while (at < value.length) {
            var comma = next(value, at);
            var offset = decimal(value, at, comma, "sparse map");
            if (comma == value.length) {
                throw TarFormat.bad("a sparse file's map has an offset without a length");
            }
            var end = next(value, comma + 1);
            map.add(offset, decimal(value, comma + 1, end, "sparse map"));
            at = end + 1;
        }
    }

    private static int next(byte[] value, int from) {
        var i = from;
        while (i < value.length && value[i] != ',') {
            i++;
        }
        return i;
    }
}
