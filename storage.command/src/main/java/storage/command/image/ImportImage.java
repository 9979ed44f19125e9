package storage.command.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.ImportOptions;

/** {@code import}. */
public final class ImportImage implements Verb {
    @Parameters(paramLabel = "FILE|DIR|-", description = "An OCI layout (folder or tar) or a docker archive.")
    String source;

    @Option(names = "--name", paramLabel = "NAME", description = "What to call the image. Default: its own names.")
    String name;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH",
            description = "Which image of a multi-platform one, such as linux/arm64. Default: this machine's.")
    String platform;

    @Override
    public int run(Run run) throws Exception {
        var options = new ImportOptions(Optional.ofNullable(name), Optional.ofNullable(platform));
        try (var store = run.open(Access.WRITE)) {
            var images = store.images();
            List<Image> imported = run.watched(progress -> source.equals("-")
                    ? images.importFrom(run.terminal().in(), options, progress)
                    : images.importFrom(Path.of(source).toAbsolutePath(), options, progress));
            if (run.json()) {
                run.json(imported.stream().map(ListImages::json).toList());
            } else {
                for (var image : imported) {
                    run.out().line(image.id() + " " + run.out().name(String.join(" ", image.names())));
                }
            }
            return ExitCode.OK;
        }
    }
}
