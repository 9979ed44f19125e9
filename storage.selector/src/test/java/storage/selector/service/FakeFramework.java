package storage.selector.service;

import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.condition.Condition;
import storage.api.LayerStore;

/** As much of a framework as a configured store needs: services can be registered, and it is active or stopping. */
final class FakeFramework {
    /** A service that is registered. */
    static final class Registered {
        final String type;
        final Object service;
        volatile Map<String, Object> properties;

        Registered(String type, Object service, Map<String, Object> properties) {
            this.type = type;
            this.service = service;
            this.properties = properties;
        }
    }

    final List<Registered> services = new CopyOnWriteArrayList<>();
    volatile int state = Bundle.ACTIVE;
    /** Run when a service is registered or taken back, with what happened to which type. */
    volatile java.util.function.Consumer<String> heard = what -> {};

    final BundleContext context = proxy(BundleContext.class, (proxy, method, arguments) -> switch (method.getName()) {
        case "getBundle" ->
            proxy(Bundle.class, (bundle, asked, none) -> asked.getName().equals("getState") ? state : null);
        case "registerService" -> register(arguments);
        default -> null;
    });

    private static <T> T proxy(Class<T> type, java.lang.reflect.InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private Object register(Object[] arguments) {
        var type = ((Class<?>) arguments[0]).getName();
        var registered = new Registered(type, arguments[1], map(arguments[2]));
        services.add(registered);
        heard.accept("+" + name(registered));
        return proxy(ServiceRegistration.class, (proxy, method, given) -> switch (method.getName()) {
            case "unregister" -> {
                services.remove(registered);
                heard.accept("-" + name(registered));
                yield null;
            }
            case "setProperties" -> {
                registered.properties = map(given[0]);
                yield null;
            }
            case "getReference" ->
                proxy(ServiceReference.class, (reference, asked, key) -> registered.properties.get((String) key[0]));
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == given[0];
            default -> null;
        });
    }

    @SuppressWarnings({"unchecked", "JdkObsolete"})
    private static Map<String, Object> map(Object dictionary) {
        return FrameworkUtil.asMap((Dictionary<String, Object>) dictionary);
    }

    private static String name(Registered registered) {
        var condition = registered.properties.get(Condition.CONDITION_ID);
        return condition == null
                ? registered.type.substring(registered.type.lastIndexOf('.') + 1)
                : condition.toString();
    }

    List<Registered> stores() {
        return services.stream()
                .filter(each -> each.type.equals(LayerStore.class.getName()))
                .toList();
    }

    LayerStore store() {
        return (LayerStore) stores().get(0).service;
    }

    /** The ids of the conditions that are there. */
    List<String> conditions() {
        return services.stream()
                .map(each -> each.properties.get(Condition.CONDITION_ID))
                .filter(id -> id != null)
                .map(Object::toString)
                .sorted()
                .toList();
    }
}
