package storage.btrfs;
import java.nio.file.*;
record BtrfsImage(Path folder, Path file) {
    static BtrfsImage mount() throws Exception {
        var f = Files.createTempFile("b", ".img"); run("truncate","-s","256M",f.toString()); run("mkfs.btrfs","-q",f.toString());
        var d = Files.createTempDirectory("b"); run("mount","-o","loop",f.toString(),d.toString()); return new BtrfsImage(d,f);
    }
    void close() throws Exception { run("umount",folder.toString()); Files.delete(folder); Files.delete(file); }
    static void run(String... c) throws Exception { if (new ProcessBuilder(c).inheritIO().start().waitFor()!=0) throw new AssertionError(String.join(" ",c)); }
}
