package storage.common.tree;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import storage.linux.Syscalls;

/** Kernels for tests. (The testkit's lie above this room.) */
public final class Faults {
    /** Answers instead of the kernel; null to ask the kernel. */
    @FunctionalInterface
    public interface Answer {
        Integer to(String call, Object[] arguments);
    }

    private Faults() {}

    /** Lets the nth call of a name fail, and all after it succeed. */
    public static Syscalls failing(Syscalls real, String call, int nth, int errno) {
        var count = new AtomicInteger();
        return answering(
                real, (name, arguments) -> name.equals(call) && count.incrementAndGet() == nth ? -errno : null);
    }

    public static Syscalls answering(Syscalls real, Answer answer) {
        return (Syscalls) Proxy.newProxyInstance(
                Faults.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (self, method, arguments) -> {
                    var result = answer.to(method.getName(), arguments);
                    if (result == null) {
                        return call(real, method, arguments);
                    }
                    return method.getReturnType() == long.class ? (Object) (long) result : (Object) result;
                });
    }

    private static Object call(Syscalls real, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
