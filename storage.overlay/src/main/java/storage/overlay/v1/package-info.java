/** The driver {@code overlay}: one lower directory, hard-linked image layers. */
package storage.overlay.v1;
