package storage.image.meta;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import storage.api.StorageException;

/**
 * A name with a tag, by the grammar of the distribution's reference package: {@code [HOST[:PORT]/]PATH[:TAG]}. What
 * the engine leaves out ({@code docker.io/library/}) is left out here as well.
 *
 * @param repository the familiar form, such as {@code busybox} or {@code quay.io/some/thing}
 * @param tag {@code latest} if none was given
 */
public record ImageName(String repository, String tag) implements Comparable<ImageName> {
    private static final int LONGEST_REPOSITORY = 255;
    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*+";
    private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
    private static final Pattern HOST =
            Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[0-9a-fA-F:]+])(?::[0-9]+)?");
    private static final Pattern PATH = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*+");
    private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}");
    private static final String DEFAULT_HOST = "docker.io";

    /**
     * The name that a text is.
     *
     * @throws StorageException INVALID, with what is wrong
     */
    public static ImageName parse(String text) throws StorageException {
        return find(text)
                .orElseThrow(() -> StorageException.of(
                        StorageException.Kind.INVALID,
                        "'" + Shown.text(text) + "' is not an image name",
                        "Use lower-case letters, digits, '.', '_', '-' and '/', then a tag after ':' if you like"));
    }

    /** The name that a text is, or empty if it is none. */
    public static Optional<ImageName> find(String text) {
        if (text.length() > LONGEST_REPOSITORY + 129 || Digest.isHex(text)) {
            return Optional.empty();
        }
        var colon = text.lastIndexOf(':');
        var tagged = colon > text.lastIndexOf('/');
        var tag = tagged ? text.substring(colon + 1) : "latest";
        var repository = familiar(tagged ? text.substring(0, colon) : text);
        // an id would be taken for such a name
        if (repository.isEmpty()
                || repository.equals("sha256")
                || !TAG.matcher(tag).matches()) {
            return Optional.empty();
        }
        return Optional.of(new ImageName(repository, tag));
    }

    /** Whether text names something with host or tag, so that it cannot be a tag alone. */
    public static boolean isFull(String text) {
        return text.indexOf(':') >= 0 || text.indexOf('/') >= 0;
    }

    /** The familiar form of a repository, empty if it is none. */
    private static String familiar(String repository) {
        if (repository.length() > LONGEST_REPOSITORY) {
            return "";
        }
        if (!isHosted(repository)) {
            return familiarPath(repository);
        }
        var slash = repository.indexOf('/');
        var host = repository.substring(0, slash);
        var path = repository.substring(slash + 1);
        if (!HOST.matcher(host).matches() || !PATH.matcher(path).matches()) {
            return "";
        }
        var left = host.equals(DEFAULT_HOST) || host.equals("index." + DEFAULT_HOST);
        return left && !isHosted(path) ? familiarPath(path) : repository;
    }

    private static String familiarPath(String path) {
        if (!PATH.matcher(path).matches()) {
            return "";
        }
        return path.startsWith("library/") && path.indexOf('/', 8) < 0 ? path.substring(8) : path;
    }

    /** Whether the first part is a host, by the rule of the engine: what no path of the default host can begin with. */
    private static boolean isHosted(String repository) {
        var slash = repository.indexOf('/');
        if (slash < 0) {
            return false;
        }
        var first = repository.substring(0, slash);
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
    }

    /** The name with nothing left out: {@code docker.io/library/busybox:latest}. */
    public String full() {
        if (isHosted(repository)) {
            return toString();
        }
        return DEFAULT_HOST + (repository.indexOf('/') < 0 ? "/library/" : "/") + this;
    }

    @Override
    public int compareTo(ImageName other) {
        return toString().compareTo(other.toString());
    }

    /** As people write it. */
    @Override
    public String toString() {
        return repository + ":" + tag;
    }
}
