package storage.bench;

/** One side of a row. */
interface Side {
    /**
     * Runs some rounds.
     *
     * @return the time that they took, in nanoseconds, without what prepares them and clears up after them
     */
    long run(int rounds) throws Exception;
}
