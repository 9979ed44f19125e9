package storage.karaf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The features file: a template that names bundles without versions, and a Maven repository that has them. */
final class Features {
    /** As a bundle's content in the template. */
    private static final Pattern BUNDLE = Pattern.compile("(?<=>)mvn:([^/<]+)/([^/<]+)(?=<)");

    /** Group and artifact to version. */
    private final Map<String, String> versions = new TreeMap<>();

    /** @param repository a folder in Maven's layout, with one version of each artifact */
    Features(Path repository) throws IOException {
        try (var files = Files.walk(repository)) {
            for (var file : files.filter(Features::isJar).toList()) {
                var version = file.getParent();
                var artifact = version.getParent();
                var group = repository.relativize(artifact.getParent()).toString();
                var key = group.replace('/', '.') + "/" + artifact.getFileName();
                var other = versions.put(key, version.getFileName().toString());
                if (other != null) {
                    throw new IOException(key + " is there twice: " + other + " and " + version.getFileName());
                }
            }
        }
    }

    static boolean isJar(Path file) {
        return file.toString().endsWith(".jar");
    }

    /**
     * The template with every version in its place.
     *
     * @throws IOException if the repository lacks a bundle, or has one that no feature names
     */
    String fill(String template, String version) throws IOException {
        Set<String> unused = new TreeSet<>(versions.keySet());
        var text = new StringBuilder();
        var bundle = BUNDLE.matcher(template);
        while (bundle.find()) {
            var key = bundle.group(1) + "/" + bundle.group(2);
            var found = versions.get(key);
            if (found == null) {
                throw new IOException("A feature names " + key + ", which is no dependency of storage.karaf");
            }
            unused.remove(key);
            bundle.appendReplacement(text, "mvn:" + key + "/" + found);
        }
        bundle.appendTail(text);
        if (!unused.isEmpty()) {
            throw new IOException("In no feature: " + unused);
        }
        return text.toString().replace("${version}", version);
    }
}
