package storage.selector.gate;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** An ability of a backend whose methods go through the gate: the interface may be the backend's own, so it is proxied. */
final class GatedAbility {
    private GatedAbility() {}

    static <T> T of(Class<T> ability, T found, CallGate gate) {
        if (!ability.isInterface()) {
            return found;
        }
        return ability.cast(Proxy.newProxyInstance(
                ability.getClassLoader(),
                new Class<?>[] {ability},
                (proxy, method, arguments) -> method.getDeclaringClass() == Object.class
                        ? ofObject(proxy, found, method, arguments)
                        : gate.call(() -> invoke(found, method, arguments))));
    }

    private static Object ofObject(Object proxy, Object found, Method method, Object[] arguments) throws Exception {
        return method.getName().equals("equals") ? proxy == arguments[0] : invoke(found, method, arguments);
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Exception {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
    }
}
