/** Layers that are filesystems of their own on block devices: made by mkfs, mounted, frozen, grown. */
@Export
@Version("1.0.0")
package storage.common.block;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
