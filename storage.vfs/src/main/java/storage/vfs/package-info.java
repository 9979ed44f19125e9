package storage.vfs;
