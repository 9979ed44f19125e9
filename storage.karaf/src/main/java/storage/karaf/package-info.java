/** The features of Apache Karaf, and the archive that brings them: made at build. */
package storage.karaf;
