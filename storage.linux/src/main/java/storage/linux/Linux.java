package storage.linux;

/** The way to the kernel without OSGi. */
public final class Linux {
    private Linux() {}
}
