package storage.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of a table: the same work done by several sides. The first is ours; ratios are ours over each other one.
 *
 * @param name what the work is
 * @param sides by the name of whoever does it, ours first
 */
record Row(String name, Map<String, Side> sides) {
    static Row of(String name, Side ours) {
        var sides = new LinkedHashMap<String, Side>();
        sides.put("ours", ours);
        return new Row(name, sides);
    }

    Row and(String who, Side side) {
        sides.put(who, side);
        return this;
    }
}
