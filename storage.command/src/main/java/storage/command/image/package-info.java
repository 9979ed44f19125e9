/** The commands about images. */
package storage.command.image;
