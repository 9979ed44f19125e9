/** What both overlay drivers need of the kernel: whether it can, and mounts. */
package storage.overlay.support;
