/** What the engine has said and what it holds, and the store that its calls go to. */
package storage.docker.store;
