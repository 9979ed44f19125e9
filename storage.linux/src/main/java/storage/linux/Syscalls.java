package storage.linux;

/**
 * The system calls that the runtime makes, as an interface so that tests can fake the kernel or make it fail.
 *
 * <p>Conventions, those of the kernel itself: descriptors are plain ints; a result below zero is {@code -errno}
 * (errno(3), {@link Errno}), never an exception, so that expected failures cost nothing; {@link Errno#check} turns the
 * unexpected ones into exceptions. Names and paths are bytes without a terminating zero; one that holds a zero byte gives
 * {@code -EINVAL}. Byte buffers are direct. Calls that a signal can interrupt are repeated on {@code EINTR}, save
 * {@code close}. All methods may be called from any thread.
 *
 * <p>Only 64-bit Linux, x86-64 and AArch64.
 */
public interface Syscalls extends FileCalls, AttributeCalls, MountCalls, DeviceCalls {}
