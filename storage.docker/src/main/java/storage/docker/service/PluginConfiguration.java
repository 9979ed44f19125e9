package storage.docker.service;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The configuration of one plugin, factory PID {@code storage.docker}. */
@ObjectClassDefinition(
        name = "Storage Runtime: engine plugin",
        description = "A graph driver plugin, for an engine that is started with it: dockerd --experimental -s NAME")
@interface PluginConfiguration {
    @AttributeDefinition(name = "Name", description = "The driver name for the engine")
    String name();

    @AttributeDefinition(
            name = "Socket",
            description = "Where the engine finds the plugin; empty for /run/docker/plugins/NAME.sock",
            required = false)
    String socket() default "";

    @AttributeDefinition(
            name = "Root",
            description = "The data root of the store; empty for the folder that the engine names, DATA-ROOT/NAME",
            required = false)
    String root() default "";

    @AttributeDefinition(
            name = "Driver",
            description = "The backend that it has to be, such as overlay2; empty to let the selector choose",
            required = false)
    String driver() default "";

    @AttributeDefinition(
            name = "Options",
            description = "Options of the backend, each KEY=VALUE; the engine's storage options come on top",
            required = false)
    String[] options() default {};

    @AttributeDefinition(
            name = "State",
            description =
                    "The folder that keeps what the engine said, if there is no root; empty for /var/lib/storage-runtime/docker",
            required = false)
    String state() default "";
}
