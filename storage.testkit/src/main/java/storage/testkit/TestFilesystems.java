package storage.testkit;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Folders on filesystems of several kinds, made when a test class first asks for them and removed behind it. */
public final class TestFilesystems implements BeforeAllCallback, AfterAllCallback {
    private final Map<String, TestFilesystem> open = new LinkedHashMap<>();
    /** Nested test classes and each of a class' settings call back too: only the outermost counts. */
    private int depth;

    /** The folder for a kind: empty for the build's own, {@code tmpfs}, or one that mkfs knows. */
    public Path folder(String type) throws Exception {
        var filesystem = open.get(type);
        if (filesystem == null) {
            filesystem = TestFilesystem.of(type);
            // first, so that what was half made goes as well
            open.put(type, filesystem);
            filesystem.open();
        }
        return filesystem.path();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        depth++;
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (--depth > 0) {
            return;
        }
        Exception failure = null;
        for (var filesystem : open.values()) {
            try {
                filesystem.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        open.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
