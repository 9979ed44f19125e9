package storage.command;

import storage.command.demo.Demo;
import storage.command.image.CommitImage;
import storage.command.image.ExportImage;
import storage.command.image.ImportImage;
import storage.command.image.ListImages;
import storage.command.image.RemoveImage;
import storage.command.image.TagImage;
import storage.command.layer.ApplyLayer;
import storage.command.layer.CreateLayer;
import storage.command.layer.DiffLayer;
import storage.command.layer.ListChanges;
import storage.command.layer.ListLayers;
import storage.command.layer.MountLayer;
import storage.command.layer.RemoveLayers;
import storage.command.layer.UnmountLayer;
import storage.command.run.Dispatch;
import storage.command.run.Help;
import storage.command.run.Verb;
import storage.command.store.Check;
import storage.command.store.Cleanup;
import storage.command.store.DiskUsage;
import storage.command.store.Drivers;
import storage.command.store.Inspect;
import storage.command.store.Migrate;
import storage.command.store.Prune;
import storage.command.store.Serve;
import storage.command.store.Shell;
import storage.command.store.Status;
import storage.command.store.Version;

/** Makes a command of its name. A switch and no table: only the class of the command that runs is loaded. */
final class Verbs {
    private Verbs() {}

    /** @return null if there is no such command */
    static Verb make(String name, Dispatch dispatch) {
        return switch (name) {
            case "demo" -> new Demo(dispatch);
            case "drivers" -> new Drivers();
            case "help" -> new Help(command -> make(command, dispatch));
            case "version" -> new Version();
            case "import" -> new ImportImage();
            case "images" -> new ListImages();
            case "tag" -> new TagImage();
            case "rmi" -> new RemoveImage();
            case "commit" -> new CommitImage();
            case "export" -> new ExportImage();
            case "create" -> new CreateLayer();
            case "mount" -> new MountLayer();
            case "umount" -> new UnmountLayer();
            case "ls" -> new ListLayers();
            case "rm" -> new RemoveLayers();
            case "changes" -> new ListChanges();
            case "diff" -> new DiffLayer();
            case "apply" -> new ApplyLayer();
            case "status" -> new Status();
            case "inspect" -> new Inspect();
            case "df" -> new DiskUsage();
            case "prune" -> new Prune();
            case "check" -> new Check();
            case "migrate" -> new Migrate();
            case "cleanup" -> new Cleanup();
            case "serve" -> new Serve();
            case "shell" -> new Shell();
            default -> null;
        };
    }
}
