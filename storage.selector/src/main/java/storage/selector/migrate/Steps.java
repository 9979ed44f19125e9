package storage.selector.migrate;

/** Is told of each step that changes what is on disk, before it is made and after the last. For tests that end the process there. */
@FunctionalInterface
public interface Steps {
    /** Nobody watches. */
    Steps NONE = step -> {};

    void at(String step);
}
