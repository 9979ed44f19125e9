/** Whole directory trees: copy, remove, measure. */
@Export
@Version("1.0.0")
package storage.common.tree;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
