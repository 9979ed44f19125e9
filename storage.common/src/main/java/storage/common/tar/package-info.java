/** Tar archives as bytes: headers, PAX records, sparse maps. Knows no filesystem. */
@Export
@Version("1.0.0")
package storage.common.tar;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
