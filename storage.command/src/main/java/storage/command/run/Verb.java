package storage.command.run;

/** One command. Its options are fields with picocli's annotations; an instance serves one call. */
public interface Verb {
    /**
     * Does it.
     *
     * @return the exit code
     * @throws Exception what {@link Failure} turns into a sentence and an exit code
     */
    int run(Run run) throws Exception;
}
