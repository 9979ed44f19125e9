/** The guided tour. */
package storage.command.demo;
