/** The driver {@code aufs}: unions of as many branches as a layer has ancestors, on kernels that carry the aufs patch. */
package storage.aufs;
