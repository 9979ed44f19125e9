/** Layers as thin devices of a pool: the driver {@code devmapper}, in the layout that engines call devicemapper. */
package storage.devmapper;
