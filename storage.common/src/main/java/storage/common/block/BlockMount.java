package storage.common.block;

/**
 * What is to be mounted.
 *
 * @param device a block device
 * @param filesystem what is on it
 * @param readOnly whether the filesystem itself is to be read-only
 * @param options for mount(2)
 */
public record BlockMount(String device, BlockFilesystem filesystem, boolean readOnly, String options) {}
