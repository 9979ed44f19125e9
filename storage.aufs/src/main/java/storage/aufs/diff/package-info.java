/** Differences from branches alone: no union is mounted for them, so they work on every kernel. */
package storage.aufs.diff;
