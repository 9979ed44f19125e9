/** Trees for tests: made, changed at random, and captured as text that can be compared. */
@Export
@Version("1.0.0")
package storage.testkit.tree;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
