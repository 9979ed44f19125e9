package storage.itest;
