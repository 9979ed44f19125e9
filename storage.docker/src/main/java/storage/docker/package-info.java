/**
 * A container engine on this runtime: {@link storage.docker.EnginePlugins} serves the engine's graph driver plugin protocol.
 * Plugins are configured through ConfigAdmin as well (factory PID {@code storage.docker}).
 */
@Export
@Version("1.0.0")
package storage.docker;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
