/**
 * Images over a layer store: {@link storage.image.ImageStore} brings them in and out, names, commits and deletes them,
 * with the metadata in the engine's own format below {@code ROOT/image/DRIVER}.
 */
@Export
@Version("1.0.0")
package storage.image;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
