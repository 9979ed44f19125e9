package storage.common.archive;

/** An ability of a layer store: it tells those who bring archives to it how large they may be. */
public interface ArchiveIntake {
    /** The limits of this store. */
    ArchiveLimits archiveLimits();
}
