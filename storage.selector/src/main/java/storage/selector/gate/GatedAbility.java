package storage.selector.gate;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/**
 * An ability of the backend whose methods go through the gate: the interface may be the backend's own, so it is proxied.
 * The backend's object is asked for at each call, because the backend may be another by then.
 */
final class GatedAbility<T> {
    private final Exchange exchange;
    private final Class<T> type;

    private GatedAbility(Exchange exchange, Class<T> type) {
        this.exchange = exchange;
        this.type = type;
    }

    /** Inside the gate. */
    static <T> Optional<T> of(Exchange exchange, Class<T> type) {
        var found = exchange.inner().store().ability(type);
        return found.isEmpty() || !type.isInterface() ? found : Optional.of(proxy(exchange, type));
    }

    /** The ability, whether the backend has it or not. */
    static <T> T proxy(Exchange exchange, Class<T> type) {
        var ability = new GatedAbility<>(exchange, type);
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return ability.ofObject(proxy, method, arguments);
                    }
                    return exchange.gate().call(() -> invoke(ability.present(), method, arguments));
                }));
    }

    private T present() throws StorageException {
        return exchange.inner()
                .store()
                .ability(type)
                .orElseThrow(() -> StorageException.of(
                        Kind.NOT_SUPPORTED,
                        "The store at " + exchange.info().root() + " is one of "
                                + exchange.info().driver() + " now, which does not have the ability "
                                + type.getSimpleName(),
                        "Ask the store for the ability again"));
    }

    private Object ofObject(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default ->
                type.getSimpleName() + " of " + exchange.info().driver() + " at "
                        + exchange.info().root();
        };
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
