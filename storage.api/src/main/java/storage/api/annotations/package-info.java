/** Build-time annotations that write OSGi requirements into the manifest of a consumer's bundle. */
@Export
@Version("1.0.0")
package storage.api.annotations;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
