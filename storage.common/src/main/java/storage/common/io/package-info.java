/** Our own files below a data root: written atomically, read with suspicion. */
@Export
@Version("1.0.0")
package storage.common.io;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
