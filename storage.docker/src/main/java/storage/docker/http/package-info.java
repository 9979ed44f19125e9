/** HTTP over a unix socket: where the engine's calls come in. The only package that knows the HTTP server. */
package storage.docker.http;
