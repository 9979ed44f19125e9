/** The driver {@code overlay2}: as many lower directories as a layer has ancestors. */
package storage.overlay.v2;
