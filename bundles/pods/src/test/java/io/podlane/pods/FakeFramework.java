// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.status.Problem;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/** As much of a framework as this bundle sees: where problems are registered, and bundles. */
final class FakeFramework {
    final List<Bundle> bundles = new CopyOnWriteArrayList<>();
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private final Bundle self = bundle("io.podlane.pods", Bundle.ACTIVE, Map.of());

    /** What is wrong: subject to message. */
    Map<String, String> problems() {
        return problems;
    }

    BundleContext context() {
        return proxy(BundleContext.class, (method, arguments) -> switch (method) {
            case "getBundle" -> self;
            case "getBundles" -> bundles.toArray(Bundle[]::new);
            case "registerService" -> register((Problem) arguments[1], (Dictionary<?, ?>) arguments[2]);
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private ServiceRegistration<?> register(Problem problem, Dictionary<?, ?> properties) {
        problems.put(problem.subject(), problem.message());
        var reference = proxy(ServiceReference.class, (method, arguments) -> properties.get(arguments[0]));
        return proxy(ServiceRegistration.class, (method, arguments) -> switch (method) {
            case "getReference" -> reference;
            case "unregister" -> problems.remove(problem.subject());
            default -> throw new UnsupportedOperationException(method);
        });
    }

    static Bundle bundle(String name, int state, Map<String, String> headers) {
        return proxy(Bundle.class, (method, arguments) -> switch (method) {
            case "getSymbolicName" -> name;
            case "getState" -> state;
            case "getHeaders" -> new Hashtable<>(headers);
            case "equals" -> false;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    static ServiceReference<PodLinkProvider> reference(int ranking) {
        return new Reference(ranking);
    }

    private record Reference(int ranking) implements ServiceReference<PodLinkProvider> {
        @Override
        public int compareTo(Object other) {
            return Integer.compare(ranking, ((Reference) other).ranking);
        }

        @Override
        public Object getProperty(String key) {
            return key.equals(Constants.SERVICE_RANKING) ? ranking : null;
        }

        @Override
        public String[] getPropertyKeys() {
            return new String[] {Constants.SERVICE_RANKING};
        }

        @Override
        public Bundle getBundle() {
            return null;
        }

        @Override
        public Bundle[] getUsingBundles() {
            return new Bundle[0];
        }

        @Override
        public boolean isAssignableTo(Bundle bundle, String className) {
            return true;
        }

        @Override
        public Dictionary<String, Object> getProperties() {
            return new Hashtable<>(Map.of(Constants.SERVICE_RANKING, ranking));
        }

        @Override
        public <A> A adapt(Class<A> type) {
            return null;
        }
    }

    private interface Answers {
        Object call(String method, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answers.call(method.getName(), arguments)));
    }
}
