@Export
@Version("1.0.0")
package storage.common;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
