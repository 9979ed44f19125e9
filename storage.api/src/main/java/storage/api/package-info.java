/**
 * Layered, copy-on-write filesystems: the contracts that consumers program against.
 *
 * <p>Start with {@link storage.api.LayerStore}, whose documentation tells the life of a layer from beginning to end.
 * Backends are written against {@link storage.api.driver.GraphDriver}.
 */
@Export
@Version("1.1.0")
package storage.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
