/** Fakes of the kernel: calls that fail on demand, kernels that lack a call. */
@Export
@Version("1.0.0")
package storage.testkit.linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
