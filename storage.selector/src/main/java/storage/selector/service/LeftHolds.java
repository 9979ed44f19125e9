package storage.selector.service;

import java.io.IOException;
import storage.api.StoreInfo.Access;
import storage.selector.gate.GatedStore;
import storage.selector.state.ProcessHolds;

/** Carries this process' holds over from one object of a store to the next: over an update of this very bundle. */
final class LeftHolds {
    private final GatedStore store;
    private final StoreNews news;

    LeftHolds(GatedStore store, StoreNews news) {
        this.store = store;
        this.news = news;
    }

    void restore() {
        if (store.info().access() == Access.READ) {
            return;
        }
        try {
            store.exchange().restore(new ProcessHolds(store.info().state()).take());
        } catch (IOException e) {
            news.unexpected("the holds of this process are not known any more", e);
        }
    }

    void leave() {
        if (store.info().access() == Access.READ) {
            return;
        }
        try {
            new ProcessHolds(store.info().state()).leave(store.exchange().holdsOfProcess());
        } catch (IOException e) {
            news.unexpected("the holds of this process cannot be kept for the next opening", e);
        }
    }
}
