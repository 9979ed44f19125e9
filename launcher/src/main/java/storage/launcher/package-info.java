/** The executable: a framework with the bundles that a command needs, and the streams that it talks through. */
package storage.launcher;
