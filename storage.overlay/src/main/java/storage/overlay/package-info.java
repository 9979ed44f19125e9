package storage.overlay;
