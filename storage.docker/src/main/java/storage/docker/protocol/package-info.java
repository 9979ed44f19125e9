/** The engine's calls as it means them: what they ask, what they do, how they are answered. Knows no socket. */
package storage.docker.protocol;
