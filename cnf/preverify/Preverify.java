import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.JSRInlinerAdapter;

/**
 * Rewrites the class files below a folder, in place, to the version of Java 17 with the frames that its verifier wants.
 *
 * <p>Libraries for very old JVMs have none. The JVM then infers the types of every method each time it starts, and cannot
 * keep such classes in its archive (JDK 17, classfile/verifier.cpp and cds/archiveBuilder.cpp: class files older than 50).
 * For the command line library that is a quarter of the time in which a command starts.
 *
 * <pre>java -cp ASM:ASM-TREE:ASM-COMMONS:CLASSES Preverify.java CLASSES/folder</pre>
 *
 * CLASSES have to be on the class path because frames name the nearest common superclass of two types.
 */
final class Preverify {
    private Preverify() {}

    public static void main(String[] folders) throws IOException {
        for (var folder : folders) {
            try (var files = Files.walk(Path.of(folder))) {
                for (var file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                    rewrite(file);
                }
            }
        }
    }

    private static void rewrite(Path file) throws IOException {
        var before = new ClassReader(Files.readAllBytes(file));
        if (before.readUnsignedShort(6) >= Opcodes.V17) {
            return; // it has them
        }
        var after = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
        before.accept(new Renewed(after), ClassReader.SKIP_FRAMES);
        Files.write(file, after.toByteArray());
    }

    private static final class Renewed extends ClassVisitor {
        Renewed(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visit(int version, int access, String name, String signature, String above, String[] interfaces) {
            super.visit(Opcodes.V17, access, name, signature, above, interfaces);
        }

        /** Subroutines of the old {@code finally} cannot have frames. */
        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String signature, String[] thrown) {
            var next = super.visitMethod(access, name, type, signature, thrown);
            return new JSRInlinerAdapter(next, access, name, type, signature, thrown);
        }
    }
}
