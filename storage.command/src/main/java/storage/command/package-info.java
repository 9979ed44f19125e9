/** The command line: one class a command, called by the launcher and by the Gogo shell. */
package storage.command;
