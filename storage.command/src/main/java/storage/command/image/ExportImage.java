package storage.command.image;

import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Target;
import storage.command.run.Verb;
import storage.image.ImageStore.Compression;
import storage.image.ImageStore.Format;

/** {@code export}. */
public final class ExportImage implements Verb {
    @Parameters(paramLabel = "NAME", description = "The image: a name or an id.")
    String reference;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where the archive goes, - for standard output.")
    String output;

    @Option(
            names = "--format",
            paramLabel = "docker|oci",
            defaultValue = "docker",
            description = "docker for 'docker load', oci for an OCI image layout. Default: ${DEFAULT-VALUE}.")
    String format;

    @Option(
            names = "--compression",
            paramLabel = "none|gzip|zstd",
            defaultValue = "none",
            description = "Of the layers, with --format oci. Default: ${DEFAULT-VALUE}.")
    String compression;

    @Override
    public int run(Run run) throws Exception {
        var as = choice(run, "--format", Format.class, format);
        var how = choice(run, "--compression", Compression.class, compression);
        if (as == Format.DOCKER && how != Compression.NONE) {
            throw run.usage("A docker archive holds its layers uncompressed: give --format oci with --compression");
        }
        try (var store = run.open(Access.READ)) {
            var images = store.images();
            images.image(reference);
            Target.write(
                    run,
                    output,
                    out -> run.watched(progress -> {
                        images.export(reference, as, how, out, progress);
                        return null;
                    }));
            return ExitCode.OK;
        }
    }

    private static <E extends Enum<E>> E choice(Run run, String option, Class<E> choices, String given) {
        for (var choice : choices.getEnumConstants()) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(given)) {
                return choice;
            }
        }
        throw run.usage("'" + given + "' is no value of " + option);
    }
}
