package storage.overlay.conformance;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import storage.linux.Syscalls;

/** A kernel whose module parameter {@code redirect_dir} is on: every overlay redirects renamed directories. */
final class RedirectingKernel {
    private static final byte[] OPTION = ",redirect_dir=on".getBytes(StandardCharsets.US_ASCII);

    private RedirectingKernel() {}

    static Syscalls around(Syscalls real) {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("mount")
                            && Arrays.equals((byte[]) arguments[2], "overlay".getBytes(StandardCharsets.US_ASCII))) {
                        arguments[4] = with((byte[]) arguments[4]);
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static byte[] with(byte[] options) {
        var all = Arrays.copyOf(options, options.length + OPTION.length);
        System.arraycopy(OPTION, 0, all, options.length, OPTION.length);
        return all;
    }
}
