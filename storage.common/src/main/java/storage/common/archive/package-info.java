/** Layer archives: tar in, tar out, whiteouts, and the record that gives an archive back byte for byte. */
@Export
@Version("1.0.0")
package storage.common.archive;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
