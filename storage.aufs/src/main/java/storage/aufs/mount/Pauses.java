package storage.aufs.mount;

import storage.api.StorageException;

/** The pauses between tries of something that is busy: a second altogether, which an interrupt ends. */
public final class Pauses {
    private static final int TRIES = 50;
    private static final int MILLIS = 20;

    private final String what;
    private int taken;

    /** @param what what is tried, to begin a sentence */
    public Pauses(String what) {
        this.what = what;
    }

    /**
     * Waits a little.
     *
     * @return false if it has been tried often enough
     * @throws StorageException INTERRUPTED, with the interrupt flag set
     */
    public boolean next() throws StorageException {
        if (taken++ == TRIES) {
            return false;
        }
        try {
            Thread.sleep(MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(StorageException.Kind.INTERRUPTED, what + " was interrupted");
        }
    }
}
