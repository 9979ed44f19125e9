/** The conformance kit: what every layer store must do, run by each backend's tests on each filesystem. */
@Export
@Version("1.0.0")
package storage.testkit.store;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
