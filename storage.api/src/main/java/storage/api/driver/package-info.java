/**
 * The service provider interface of a backend: what a bundle registers so that the selector can find, judge and open it.
 */
@Export
@Version("1.0.0")
package storage.api.driver;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
