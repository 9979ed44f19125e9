/** What layers differ in, told from what the filesystem wrote since one was a snapshot of the other. */
package storage.btrfs.diff;
