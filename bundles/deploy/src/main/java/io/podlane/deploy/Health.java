// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import io.podlane.resolution.RootCause;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * What does not work at one moment, to be compared with another: an update may mend, but not break.
 *
 * @param failed components whose activation threw, with what they threw
 * @param waiting components that wait for a service or a configuration, with what for
 * @param problems what one bundle reports, by subject
 */
record Health(Map<String, String> failed, Map<String, String> waiting, Map<String, String> problems) {
    /** Problems are read by name, since this bundle has no tie to the API. */
    static final String PROBLEM_SERVICE = "io.podlane.api.status.Problem";

    static final String PROBLEM_BUNDLE = "podlane.problem.bundle";
    static final String PROBLEM_SUBJECT = "podlane.problem.subject";
    static final String PROBLEM_MESSAGE = "podlane.problem.message";

    private static final int LOG_LINES = 20;

    static Health read(BundleContext system, String symbolicName) {
        var health = new Health(new HashMap<>(), new HashMap<>(), new HashMap<>());
        health.readComponents(system);
        health.readProblems(system, symbolicName);
        return health;
    }

    private void readComponents(BundleContext system) {
        ServiceReference<?>[] references = references(system, ServiceComponentRuntime.class.getName(), null);
        // While Declarative Services itself is another version now, its service may not be of our class.
        if (references.length == 0
                || !(system.getService(references[0]) instanceof ServiceComponentRuntime components)) {
            return;
        }
        for (ComponentDescriptionDTO description : components.getComponentDescriptionDTOs()) {
            String name = description.bundle.symbolicName + ": component " + description.name;
            for (ComponentConfigurationDTO configuration : components.getComponentConfigurationDTOs(description)) {
                switch (configuration.state) {
                    case ComponentConfigurationDTO.FAILED_ACTIVATION ->
                        failed.put(name, lastLines(RootCause.of(configuration.failure)));
                    case ComponentConfigurationDTO.UNSATISFIED_REFERENCE ->
                        waiting.put(name, "waits for " + missing(description, configuration));
                    case ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION ->
                        waiting.put(
                                name, "waits for a configuration " + String.join(" or ", description.configurationPid));
                    default -> {}
                }
            }
        }
        system.ungetService(references[0]);
    }

    private static String missing(ComponentDescriptionDTO description, ComponentConfigurationDTO configuration) {
        Set<String> names = new HashSet<>();
        Arrays.stream(configuration.unsatisfiedReferences).forEach(reference -> names.add(reference.name));
        return String.join(
                ", ",
                Arrays.stream(description.references)
                        .filter(reference -> names.contains(reference.name))
                        .map(reference -> reference.interfaceName)
                        .sorted()
                        .toList());
    }

    private void readProblems(BundleContext system, String symbolicName) {
        String filter = "(" + PROBLEM_BUNDLE + "=" + symbolicName + ")";
        for (ServiceReference<?> reference : references(system, PROBLEM_SERVICE, filter)) {
            problems.put(
                    String.valueOf(reference.getProperty(PROBLEM_SUBJECT)),
                    String.valueOf(reference.getProperty(PROBLEM_MESSAGE)));
        }
    }

    /** Services of any class space. */
    private static ServiceReference<?>[] references(BundleContext system, String service, String filter) {
        try {
            ServiceReference<?>[] references = system.getAllServiceReferences(service, filter);
            return references == null ? new ServiceReference<?>[0] : references;
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The end of a verifier's log tells what it stumbled over. */
    private static String lastLines(String text) {
        String[] lines = text.split("\n");
        if (lines.length <= LOG_LINES + 1) {
            return text;
        }
        return lines[0] + "\n…\n"
                + String.join("\n", Arrays.copyOfRange(lines, lines.length - LOG_LINES, lines.length));
    }

    /** A component that fails now and did not before: waiting does not help. */
    Optional<String> newFailure(Health before) {
        return firstNew(failed, before.failed);
    }

    /** What waits or is reported now and was not before: it may pass, as services come and go during an update. */
    Optional<String> newComplaint(Health before) {
        return firstNew(waiting, before.waiting).or(() -> firstNew(problems, before.problems));
    }

    private static Optional<String> firstNew(Map<String, String> now, Map<String, String> before) {
        return now.entrySet().stream()
                .filter(entry -> !before.containsKey(entry.getKey()))
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .sorted()
                .findFirst();
    }
}
