/** The commands about layers. */
package storage.command.layer;
