package storage.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the sides of a row in turns, so that whatever else the machine does meanwhile is done to all of them. Each
 * side is first run until the compiler has seen it, and until it is known how many rounds make a sample.
 *
 * @param samples how many samples each side gives
 * @param sampleNanos how long a sample is to take at least, in nanoseconds; one round may take longer
 * @param warmNanos how long each side is run before, in nanoseconds
 */
record Race(int samples, long sampleNanos, long warmNanos) {
    private static final int MOST_ROUNDS = 1 << 20;

    /**
     * What came of one side.
     *
     * @param median of a round, in nanoseconds
     * @param least of a round, in nanoseconds
     * @param ratio the median of ours over this side's, sample by sample; 1 for ours
     */
    record Result(double median, double least, double ratio) {}

    Map<String, Result> run(Row row) throws Exception {
        var names = List.copyOf(row.sides().keySet());
        var rounds = new int[names.size()];
        for (var i = 0; i < rounds.length; i++) {
            rounds[i] = warm(row.sides().get(names.get(i)));
        }
        var times = new double[names.size()][samples];
        for (var sample = 0; sample < samples; sample++) {
            for (var i = 0; i < rounds.length; i++) {
                // ours is not always the first after the others
                var who = (i + sample) % rounds.length;
                times[who][sample] = (double) row.sides().get(names.get(who)).run(rounds[who]) / rounds[who];
            }
        }
        var results = new LinkedHashMap<String, Result>();
        for (var i = 0; i < rounds.length; i++) {
            var ratios = new double[samples];
            for (var sample = 0; sample < samples; sample++) {
                ratios[sample] = times[0][sample] / times[i][sample];
            }
            results.put(
                    names.get(i),
                    new Result(median(times[i]), Arrays.stream(times[i]).min().orElseThrow(), median(ratios)));
        }
        return results;
    }

    /** Runs a side for a while; answers how many rounds make a sample. */
    private int warm(Side side) throws Exception {
        var rounds = 1;
        var end = System.nanoTime() + warmNanos;
        while (true) {
            var took = side.run(rounds);
            if (took < sampleNanos && rounds < MOST_ROUNDS) {
                var factor = took <= 0 ? 2 : Math.min(2, (double) sampleNanos / took);
                rounds = (int) Math.max(rounds + 1, Math.ceil(rounds * factor));
            } else if (System.nanoTime() >= end) {
                return rounds;
            }
            if (System.nanoTime() >= end + warmNanos) {
                // what prepares the rounds takes longer than the rounds
                return rounds;
            }
        }
    }

    private static double median(double[] values) {
        var sorted = new ArrayList<Double>();
        Arrays.stream(values).sorted().forEach(sorted::add);
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
