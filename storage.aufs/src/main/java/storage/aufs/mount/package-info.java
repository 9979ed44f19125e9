/** Unions by mount(2), as the aufs of the kernel takes them. */
package storage.aufs.mount;
