/**
 * The kernel: system calls behind an interface, and what is read from {@code /proc}.
 *
 * <p>The only room that knows JNA. {@link storage.linux.Syscalls} is an OSGi service; without OSGi,
 * {@link storage.linux.Linux#syscalls()} gives it. Everything else here is written against the interface: descriptors
 * ({@link storage.linux.Fd}), directories ({@link storage.linux.DirectoryStream}), the mount table
 * ({@link storage.linux.MountTable}), filesystem magics ({@link storage.linux.FsMagic}).
 */
@Export
@Version("1.0.0")
package storage.linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
