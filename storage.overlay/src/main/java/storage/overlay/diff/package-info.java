/** What a layer changed, told from its upper directory. */
package storage.overlay.diff;
