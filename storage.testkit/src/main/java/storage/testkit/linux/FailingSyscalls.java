package storage.testkit.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import storage.linux.Syscalls;

/**
 * A kernel that fails on demand. It passes every call on to another {@link Syscalls} until a rule strikes: then the call
 * is not made and {@code -errno} comes back. The usual test runs once to count the calls, then once for each of them:
 *
 * <pre>{@code
 * var kernel = FailingSyscalls.around(Linux.syscalls());
 * work(kernel.syscalls());
 * var calls = kernel.count();
 * for (var n = 1; n <= calls; n++) {
 *     kernel.reset().fail(n, Errno.EIO);
 *     assertThatThrownBy(() -> work(kernel.syscalls())).isInstanceOf(IOException.class);
 * }
 * }</pre>
 *
 * <p>Descriptors are always closed: a failing {@code close} closes first and reports afterwards, as the kernel does. May be
 * used from several threads; then which call is the nth is up to them.
 */
public final class FailingSyscalls {
    /** Calls that cannot fail, or whose callers could do nothing about it: never counted as any call. */
    private static final Set<String> INFALLIBLE = Set.of("geteuid", "getegid", "pageSize", "umask", "close");

    private static final Set<String> METHODS =
            Arrays.stream(Syscalls.class.getMethods()).map(Method::getName).collect(Collectors.toUnmodifiableSet());

    private static final String ANY = "";

    private final Syscalls real;
    private final Syscalls proxy;
    private final Map<String, Integer> counts = new HashMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private final Map<Long, Integer> requests = new HashMap<>();
    private final List<Call> calls = new ArrayList<>();
    private boolean recording;
    private boolean dead;
    private int struck;

    private FailingSyscalls(Syscalls real) {
        this.real = real;
        this.proxy = (Syscalls)
                Proxy.newProxyInstance(Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, this::invoke);
    }

    /** A kernel that passes everything on, to begin with. */
    public static FailingSyscalls around(Syscalls real) {
        return new FailingSyscalls(real);
    }

    /** What the code under test is given. */
    public Syscalls syscalls() {
        return proxy;
    }

    /** Stands for the end of the process: see {@link #dieAt}. An error, so that no code takes it for a failed call. */
    public static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death(String call) {
            super("the process is taken for dead since " + call);
        }
    }

    /** A call that was made, or would have been made. */
    public record Call(String method, List<Object> arguments, long result) {
        @Override
        public String toString() {
            var text = arguments.stream()
                    .map(a -> a instanceof byte[] b ? '"' + storage.api.FileNames.decode(b) + '"' : String.valueOf(a))
                    .collect(Collectors.joining(", "));
            return method + "(" + text + ") = " + result;
        }
    }

    /** @param last calls beyond it are not concerned */
    private record Rule(String method, int first, int last, int errno, boolean deadly) {
        boolean concerns(String name, int nthOfName, int nthOfAll) {
            var nth = method.equals(name) ? nthOfName : method.equals(ANY) ? nthOfAll : 0;
            return nth >= first && nth <= last;
        }
    }

    /** Lets the nth call of a method fail, counted from 1 and from the last {@link #reset}. */
    public FailingSyscalls fail(String method, int nth, int errno) {
        return rule(known(method), nth, nth, errno, false);
    }

    /** Lets every call of a method fail. */
    public FailingSyscalls failAlways(String method, int errno) {
        return rule(known(method), 1, Integer.MAX_VALUE, errno, false);
    }

    /** Lets the nth call of all that can fail do so, counted from 1 and from the last {@link #reset}. */
    public FailingSyscalls fail(int nth, int errno) {
        return rule(ANY, nth, nth, errno, false);
    }

    /** Lets the nth call and all that follow fail: a disk that has gone. */
    public FailingSyscalls failFrom(int nth, int errno) {
        return rule(ANY, nth, Integer.MAX_VALUE, errno, false);
    }

    /**
     * Throws {@link Death} instead of making the nth call, and at every call after it: nothing changes on disk any more
     * by this way, whatever the code does in its {@code finally} blocks. Only {@code close} still works.
     */
    public FailingSyscalls dieAt(int nth) {
        return rule(ANY, nth, Integer.MAX_VALUE, 0, true);
    }

    /** Lets every {@code ioctl} with that request fail, as on a kernel that does not know it. */
    public synchronized FailingSyscalls failIoctl(long request, int errno) {
        requests.put(request, errno);
        return this;
    }

    /** Keeps the calls from now on, for {@link #calls}. */
    public synchronized FailingSyscalls recording() {
        recording = true;
        return this;
    }

    /** Forgets rules, counts and calls. */
    public synchronized FailingSyscalls reset() {
        counts.clear();
        rules.clear();
        requests.clear();
        calls.clear();
        dead = false;
        struck = 0;
        return this;
    }

    /** How many calls there were, without those that cannot fail. */
    public synchronized int count() {
        return counts.getOrDefault(ANY, 0);
    }

    /** How many calls of a method there were. */
    public synchronized int count(String method) {
        return counts.getOrDefault(known(method), 0);
    }

    /** How many calls were made to fail. */
    public synchronized int struck() {
        return struck;
    }

    /** The calls, if {@link #recording}. */
    public synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    private synchronized FailingSyscalls rule(String method, int first, int last, int errno, boolean deadly) {
        if (first < 1) {
            throw new IllegalArgumentException("Calls are counted from 1, not " + first);
        }
        rules.add(new Rule(method, first, last, errno, deadly));
        return this;
    }

    private static String known(String method) {
        if (!METHODS.contains(method)) {
            throw new IllegalArgumentException("There is no call " + method);
        }
        return method;
    }

    private Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return "equals".equals(method.getName()) ? self == arguments[0] : method.invoke(this, arguments);
        }
        var name = method.getName();
        var errno = errno(name, "ioctl".equals(name) ? (Long) arguments[1] : null);
        var result = errno == 0 || "close".equals(name) ? real(method, arguments) : null;
        if (errno != 0) {
            result = method.getReturnType() == long.class ? (Object) (long) -errno : (Object) (-errno);
        }
        record(name, arguments, ((Number) result).longValue());
        return result;
    }

    /** Counts the call and answers the error that it must give, 0 for none. */
    private synchronized int errno(String name, Long request) {
        var nthOfName = counts.merge(name, 1, Integer::sum);
        var nthOfAll = INFALLIBLE.contains(name) ? 0 : counts.merge(ANY, 1, Integer::sum);
        for (var rule : rules) {
            if (rule.concerns(name, nthOfName, nthOfAll)) {
                struck++;
                dead |= rule.deadly();
                if (!dead) {
                    return rule.errno();
                }
            }
        }
        if (dead && !"close".equals(name)) {
            throw new Death(name);
        }
        return request == null ? 0 : requests.getOrDefault(request, 0);
    }

    private synchronized void record(String name, Object[] arguments, long result) {
        if (recording) {
            calls.add(new Call(name, arguments == null ? List.of() : List.of(arguments), result));
        }
    }

    private Object real(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
