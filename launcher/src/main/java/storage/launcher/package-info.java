package storage.launcher;
