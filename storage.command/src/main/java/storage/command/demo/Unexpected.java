package storage.command.demo;

/** A step of the demo came out otherwise than it must. */
final class Unexpected extends Exception {
    private static final long serialVersionUID = 1L;

    Unexpected(String message) {
        super(message);
    }
}
