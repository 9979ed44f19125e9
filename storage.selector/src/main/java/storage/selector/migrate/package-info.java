/** Migration: a store's layers, copied from one backend's home to another's. */
package storage.selector.migrate;
