/**
 * Device-mapper, by libdevmapper: {@link storage.linux.dm.DeviceMapper}, an OSGi service; without OSGi,
 * {@link storage.linux.dm.DeviceMapper#system()} gives it. The library is asked for when it is first needed.
 */
@Export
@Version("1.0.0")
package storage.linux.dm;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
