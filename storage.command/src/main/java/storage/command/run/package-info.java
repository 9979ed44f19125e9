/** What every command shares: arguments, stores, output files, failures and exit codes. */
package storage.command.run;
