package storage.command.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import storage.api.StoreInfo.Access;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.UserPath;
import storage.command.run.Verb;
import storage.command.store.DiskUsage;
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
        var file = source.equals("-") ? null : UserPath.of("FILE", source);
        try (var store = run.open(Access.WRITE)) {
            var images = store.images();
            List<Image> imported = run.watched(progress -> file == null
                    ? images.importFrom(run.terminal().in(), options, progress)
                    : images.importFrom(file, options, progress));
            if (run.json()) {
                run.json(imported.stream().map(ListImages::json).toList());
            } else {
                for (var image : imported) {
                    var words = new ArrayList<String>(List.of(image.id()));
                    image.names().forEach(one -> words.add(run.out().name(one)));
                    run.out().line(String.join(" ", words));
                    if (image.names().isEmpty()) {
                        run.note("Image " + DiskUsage.shortId(image.id())
                                + " has no name, and the next 'prune' takes it:" + " give it one with 'storage tag "
                                + DiskUsage.shortId(image.id()) + " NAME'.");
                    }
                }
            }
            return ExitCode.OK;
        }
    }
}
