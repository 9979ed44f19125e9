/**
 * How a program calls the command line: {@link storage.command.entry.CommandEntry} is the service,
 * {@link storage.command.entry.Terminal} what the caller brings. The launcher has this package on its own class path and
 * lets the framework export it, so that both sides mean the same types.
 */
@Export
@Version("1.2.0")
package storage.command.entry;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
