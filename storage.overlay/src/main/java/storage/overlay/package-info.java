/** The overlay filesystem as a backend: two drivers, {@code overlay} and {@code overlay2}. */
package storage.overlay;
