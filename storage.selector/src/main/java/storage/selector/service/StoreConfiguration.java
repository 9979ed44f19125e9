package storage.selector.service;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The configuration of one store, factory PID {@code storage.store}. */
@ObjectClassDefinition(
        name = "Storage Runtime: store",
        description = "A store of layers, published as a LayerStore service; changes take effect under its consumers")
@interface StoreConfiguration {
    String DEFAULT_NAME = "default";
    String READ = "READ";
    String WRITE = "WRITE";
    String NEVER = "never";
    String EMPTY = "empty";
    String MIGRATE = "migrate";
    int DEFAULT_DRAIN_SECONDS = 30;
    int DEFAULT_SWAP_SECONDS = 30;
    int DEFAULT_LOW_SPACE_PERCENT = 5;

    @AttributeDefinition(name = "Name", description = "The service property storage.name; unique in the framework")
    String storage_name() default DEFAULT_NAME;

    @AttributeDefinition(
            name = "Root",
            description = "The data root, an absolute path; may be one that an engine uses when it does not run")
    String root();

    @AttributeDefinition(
            name = "Driver",
            description = "The driver that it has to be, such as overlay2; empty to let the selector choose",
            required = false)
    String driver() default "";

    @AttributeDefinition(
            name = "Options",
            description = "Driver options, each KEY=VALUE, such as overlay2.size=10G",
            required = false)
    String[] options() default {};

    @AttributeDefinition(
            name = "Access",
            description = "READ works beside another process that writes",
            options = {@Option(label = "read and write", value = WRITE), @Option(label = "read only", value = READ)})
    String access() default WRITE;

    @AttributeDefinition(
            name = "User ids",
            description = "Ranges of user ids, each INSIDE:HOST:COUNT, such as 0:100000:65536",
            required = false)
    String[] uidMap() default {};

    @AttributeDefinition(
            name = "Group ids",
            description = "Ranges of group ids, each INSIDE:HOST:COUNT",
            required = false)
    String[] gidMap() default {};

    @AttributeDefinition(
            name = "Unmount on stop",
            description =
                    "Unmount everything when this configuration or the bundle goes; otherwise mounts stay, and the"
                            + " next opening finds them")
    boolean unmountOnStop() default false;

    @AttributeDefinition(
            name = "Drain seconds",
            description = "How long running calls may go on when the store has to be closed")
    int drainSeconds() default DEFAULT_DRAIN_SECONDS;

    @AttributeDefinition(
            name = "Swap seconds",
            description =
                    "How long calls wait at most while the backend is upgraded or exchanged; the store is withdrawn if"
                            + " that takes longer, and at once if this is 0")
    int swapSeconds() default DEFAULT_SWAP_SECONDS;

    @AttributeDefinition(
            name = "Move to a better driver",
            description = "What to do when a driver of a higher priority appears that can work at the root",
            options = {
                @Option(label = "stay", value = NEVER),
                @Option(label = "move while there is no layer", value = EMPTY),
                @Option(label = "move, and migrate what is there", value = MIGRATE)
            })
    String moveToBetter() default EMPTY;

    @AttributeDefinition(
            name = "Low space percent",
            description =
                    "An event tells when less than this share of the root's filesystem is usable; 0 for no such event")
    int lowSpacePercent() default DEFAULT_LOW_SPACE_PERCENT;
}
