/** Text for people and for programs: names, tables, sizes, JSON. */
package storage.command.text;
