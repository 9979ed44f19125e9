/** The commands about a store as a whole. */
package storage.command.store;
