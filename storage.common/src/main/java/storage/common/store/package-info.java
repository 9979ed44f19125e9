/** Layer stores: everything that is the same whatever the backend. A backend implements {@link storage.common.store.Backend}. */
@Export
@Version("1.0.0")
package storage.common.store;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
