/** What is different between two directory trees. */
@Export
@Version("1.0.0")
package storage.common.diff;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
