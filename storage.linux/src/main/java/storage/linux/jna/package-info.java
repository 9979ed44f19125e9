/** The kernel by way of JNA: the one implementation of {@link storage.linux.Syscalls} that is no fake. Not exported. */
package storage.linux.jna;
