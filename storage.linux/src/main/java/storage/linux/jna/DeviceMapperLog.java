package storage.linux.jna;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import storage.linux.dm.DeviceMapper.Log;

/** Where what the library says goes to. It must be reachable for as long as the library knows of it. */
final class DeviceMapperLog implements LibDevmapper.Say {
    private static final int LENGTH = 1024;

    /** The lowest bits of a level; above them, flags. */
    private static final int LEVEL = 7;

    /** As many as are taken. */
    private static final int ARGUMENTS = 6;

    private volatile Log log;

    void to(Log target) {
        log = target;
    }

    @Override
    public void invoke(
            int level,
            Pointer file,
            int line,
            int code,
            Pointer format,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f) {
        var target = log;
        if (target == null || format == null) {
            return;
        }
        try {
            var pattern = DeviceMapperTask.string(format);
            target.told(level & LEVEL, conversions(pattern) > ARGUMENTS ? pattern : text(format, a, b, c, d, e, f));
        } catch (RuntimeException ignored) {
            // nothing may fly through the library
        }
    }

    private static String text(Pointer format, long a, long b, long c, long d, long e, long f) {
        var text = new Memory(LENGTH);
        LibDevmapper.snprintf(text, LENGTH, format, a, b, c, d, e, f);
        return DeviceMapperTask.string(text).strip();
    }

    /** How many arguments a format asks for: what the library says of itself while debugging has dozens. */
    static int conversions(String format) {
        var count = 0;
        for (var i = 0; i < format.length(); i++) {
            if (format.charAt(i) == '%') {
                i++;
                count += i < format.length() && format.charAt(i) == '%' ? 0 : 1;
            } else if (format.charAt(i) == '*') {
                count++; // a width as an argument, or a plain star: one too many does no harm
            }
        }
        return count;
    }
}
