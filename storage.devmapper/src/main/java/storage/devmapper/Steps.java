package storage.devmapper;

/** Where the state on disk or in the kernel has just changed: tests end the process there, one step after the other. */
@FunctionalInterface
interface Steps {
    /** As it is. */
    Steps NONE = step -> {};

    void reached(String step);
}
