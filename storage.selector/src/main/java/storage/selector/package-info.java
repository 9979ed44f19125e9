/**
 * The selection of a backend: {@link storage.selector.Selector} is the service, {@link storage.selector.Selection} its
 * reasoning. Stores configured through ConfigAdmin (factory PID {@code storage.store}) are published as
 * {@code LayerStore} services.
 */
@Export
@Version("1.1.0")
package storage.selector;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
