package storage.selector.gate;

import storage.api.LayerStore;
import storage.selector.state.Holders;

/**
 * What lies behind the gate.
 *
 * @param store the backend's
 * @param holders the named holds of its layers
 */
public record Inner(LayerStore store, Holders holders) {}
