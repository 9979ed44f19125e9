/** An application that keeps its data in a layer. */
package storage.example;
