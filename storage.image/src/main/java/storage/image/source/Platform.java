package storage.image.source;

import java.util.Locale;
import java.util.Optional;
import storage.api.StorageException;
import storage.image.meta.Bad;
import storage.image.meta.Shown;

/**
 * What an image runs on.
 *
 * @param os such as {@code linux}
 * @param architecture as Go names it, such as {@code amd64}
 * @param variant such as {@code v7}; empty for none
 */
record Platform(String os, String architecture, String variant) {
    Platform {
        if (architecture.equals("arm64") && variant.equals("v8")) {
            variant = "";
        }
        if (architecture.equals("arm") && variant.isEmpty()) {
            variant = "v7";
        }
    }

    /**
     * The platform that a user wrote: {@code os/architecture[/variant]}.
     *
     * @throws StorageException INVALID if it is none
     */
    static Platform parse(String text) throws StorageException {
        var parts = text.split("/", -1);
        if (!text.matches("[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")) {
            throw Bad.request(
                    "'%s' is not a platform: write it as os/architecture, such as linux/amd64", Shown.text(text));
        }
        return new Platform(parts[0], parts[1], parts.length > 2 ? parts[2] : "");
    }

    /** The one of this machine. */
    static Platform host() {
        var name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        var architecture = switch (name) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64" -> "arm64";
            case "i386", "i486", "i586", "i686", "x86" -> "386";
            case "loongarch64" -> "loong64";
            default -> name;
        };
        return new Platform("linux", architecture, "");
    }

    /**
     * How well another serves where this one is wanted.
     *
     * @return empty if not at all; the higher, the better
     */
    Optional<Integer> suits(Platform offered) {
        if (!os.equals(offered.os) || !architecture.equals(offered.architecture)) {
            return Optional.empty();
        }
        if (variant.equals(offered.variant)) {
            return Optional.of(3);
        }
        if (offered.variant.isEmpty()) {
            return Optional.of(2);
        }
        if (architecture.equals("arm")) {
            return offered.variant.compareTo(variant) < 0 ? Optional.of(1) : Optional.empty();
        }
        return variant.isEmpty() ? Optional.of(0) : Optional.empty();
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
