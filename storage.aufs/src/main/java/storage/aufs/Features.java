package storage.aufs;

/**
 * What was found out about aufs on one home.
 *
 * @param backing the home's filesystem as the engine calls it, such as {@code extfs}
 * @param inKernel whether unions can be mounted at all
 * @param dirperm1 whether the kernel takes the option of that name; false if that was not tried
 */
record Features(String backing, boolean inKernel, boolean dirperm1) {}
