package storage.selector.choice;

import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.driver.Verdict;
import storage.selector.state.ActiveDriver;

/** What the reasoning asks for, one question at a time: what is not asked is not looked up. */
interface Evidence {
    /** The names of the installed drivers, in the order in which they are tried. */
    List<String> installed();

    /** Names of known drivers that are not installed. */
    List<String> absent();

    /** What {@code ROOT/storage/active} records, by the driver's own name; empty if there is no record to go by. */
    Optional<ActiveDriver.Entry> active();

    /** Why {@code ROOT/storage/active} cannot be read, if it is there but cannot. */
    Optional<StorageException> activeProblem();

    /** What lies in the home of a driver, installed or absent. */
    Stock stock(String driver);

    /** What an installed driver's check answers. */
    Verdict verdict(String driver);
}
