/** Loop devices as a service: files of the backing filesystem seen as block devices. */
@Export
@Version("1.0.0")
package storage.api.loop;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
