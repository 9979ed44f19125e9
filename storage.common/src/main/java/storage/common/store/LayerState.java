package storage.common.store;

/** What is being done to a layer: the last part of its record's file name, so that a change of state is a rename. */
enum LayerState {
    /** Being made; a crash leaves something to remove. */
    CREATING(".creating"),
    /** At rest. */
    COMPLETE(".json"),
    /** Being filled; a crash leaves something to remove. */
    APPLYING(".applying"),
    /** Being removed; a crash leaves something to remove. */
    REMOVING(".removing");

    private final String suffix;

    LayerState(String suffix) {
        this.suffix = suffix;
    }

    String suffix() {
        return suffix;
    }
}
