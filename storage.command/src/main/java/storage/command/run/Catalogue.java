package storage.command.run;

import java.util.List;

/** Every command with what it is for, in the order of the help. */
public final class Catalogue {
    private static final String[][] COMMANDS = {
        {"", "Getting started"},
        {"demo", "Makes, mounts, changes, compares, commits and exports a small image, explaining each step."},
        {"drivers", "Shows which backends work here, which one is chosen, and why."},
        {"help", "Lists the commands, or explains one."},
        {"version", "Shows the version of this program and what it runs on."},
        {"", "Images"},
        {"import", "Brings in an OCI layout or a docker archive: a file, a folder, or - for standard input."},
        {"images", "Lists the images."},
        {"tag", "Gives an image one more name."},
        {"rmi", "Takes a name from an image; the last name takes the image and its layers with it."},
        {"commit", "Makes an image of a read-write layer."},
        {"export", "Writes an image as a docker archive or an OCI layout."},
        {"", "Layers"},
        {"create", "Makes a read-write layer on an image, on another layer or on nothing."},
        {"mount", "Mounts a layer and prints the path. It stays mounted until umount."},
        {"umount", "Gives a mounted layer back; the last holder unmounts it."},
        {"ls", "Lists the layers."},
        {"rm", "Removes layers."},
        {"changes", "Lists what a layer changed: A added, C changed, D deleted."},
        {"diff", "Writes what a layer changed as a tar archive."},
        {"apply", "Fills an image layer with a tar archive."},
        {"", "The store"},
        {"status", "Shows what the store is and what its driver tells about itself."},
        {"inspect", "Shows everything about a layer or an image."},
        {"df", "Shows the space that images and layers take, shared and unique."},
        {"prune", "Removes images without a name and layers that nothing needs. Look with --dry-run first."},
        {"check", "Looks for damage; --full compares every layer with its record, --repair sets damage aside."},
        {"migrate", "Moves the store to another backend, with everything in it."},
        {"cleanup", "Unmounts every layer, whoever holds it."},
        {"serve", "Serves the store to a container engine as its graph driver, until it is stopped."},
        {"shell", "Starts a Gogo shell with the same commands under the scope 'storage'."},
    };

    private Catalogue() {}

    /** What a command is for, a sentence. */
    static String summary(String name) {
        for (var command : COMMANDS) {
            if (command[0].equals(name)) {
                return command[1];
            }
        }
        return "";
    }

    /** The names of all commands. */
    public static List<String> names() {
        return java.util.Arrays.stream(COMMANDS)
                .map(command -> command[0])
                .filter(name -> !name.isEmpty())
                .toList();
    }

    /** The table of the help. */
    static void list(java.util.function.Consumer<String> line) {
        for (var command : COMMANDS) {
            line.accept(
                    command[0].isEmpty()
                            ? "\n" + command[1] + ":"
                            : "  " + command[0] + " ".repeat(10 - command[0].length()) + command[1]);
        }
    }
}
