/** The plugins as components: the service, and plugins from configuration. */
package storage.docker.service;
