package storage.itest.boundary;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What strace has seen ({@code -f -y}): every call that makes, changes or removes a file, and where that is. With
 * {@code -y} a descriptor carries the place that it really leads to, whatever links led there.
 */
final class Trace {
    /** Those that the tracer is asked for; a question mark where an architecture may lack one. */
    static final String CALLS = "trace=?open,openat,?openat2,?creat,?mkdir,mkdirat,?mknod,mknodat,?symlink,symlinkat,"
            + "?link,linkat,?unlink,unlinkat,?rmdir,?rename,?renameat,renameat2,?chmod,fchmod,fchmodat,?fchmodat2,"
            + "?chown,?lchown,fchown,fchownat,utimensat,?utime,?utimes,?futimesat,truncate,ftruncate,setxattr,lsetxattr,"
            + "fsetxattr,removexattr,lremovexattr,fremovexattr,mount,umount2";

    private static final Pattern CALL = Pattern.compile("^\\d+ +(\\w+)\\((.*)$");
    private static final Pattern RESULT = Pattern.compile("\\) += (\\d+)<([^>]*)>");
    private static final Pattern AT = Pattern.compile("(?:AT_FDCWD|\\d+)<([^>]*)>, \"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern FD = Pattern.compile("^\\d+<([^>]*)>");
    private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern PROC = Pattern.compile("^/proc/(?:self|thread-self|\\d+)/fd/(\\d+)(/.*)?$");

    private final Map<Integer, String> descriptors = new HashMap<>();
    private final List<String> touched = new ArrayList<>();
    private boolean inside;
    private boolean ended;
    private int calls;

    /** Reads a line of the trace. */
    void line(String line) {
        if (line.contains(AppliesCorpus.BEGIN)) {
            inside = true;
        } else if (line.contains(AppliesCorpus.END)) {
            inside = false;
            ended = true;
        }
        var call = CALL.matcher(line);
        if (!call.find()) {
            return;
        }
        var result = RESULT.matcher(line);
        if (result.find()) {
            descriptors.put(Integer.parseInt(result.group(1)), result.group(2));
        }
        if (inside) {
            calls++;
            take(call.group(1), call.group(2), line);
        }
    }

    private void take(String name, String arguments, String line) {
        switch (name) {
            case "open", "openat", "openat2", "creat" -> {
                if (name.equals("creat")
                        || arguments.contains("O_CREAT")
                        || arguments.contains("O_WRONLY")
                        || arguments.contains("O_RDWR")
                        || arguments.contains("O_TRUNC")) {
                    paths(name, arguments, line);
                    var result = RESULT.matcher(line);
                    if (result.find()) {
                        touched(result.group(2), line);
                    }
                }
            }
            case "symlinkat", "symlink" -> paths(name, arguments.replaceFirst("\"(?:[^\"\\\\]|\\\\.)*\", ", ""), line);
            case "mount" -> {
                // what is mounted comes first
                var texts = TEXT.matcher(arguments).results().toList();
                if (texts.size() > 1) {
                    touched(texts.get(1).group(1), line);
                }
            }
            case "fchmod", "fchown", "ftruncate", "fsetxattr", "fremovexattr" -> {
                var fd = FD.matcher(arguments);
                touched(fd.find() ? fd.group(1) : "?", line);
            }
            default -> paths(name, arguments, line);
        }
    }

    /** The files that a call names: below descriptors, or by paths. */
    private void paths(String name, String arguments, String line) {
        var at = AT.matcher(arguments);
        var found = false;
        while (at.find()) {
            found = true;
            var text = at.group(2);
            touched(text.isEmpty() ? at.group(1) : text.startsWith("/") ? text : at.group(1) + "/" + text, line);
        }
        if (!found) {
            var fd = FD.matcher(arguments);
            var text = TEXT.matcher(arguments);
            if (name.equals("utimensat") && fd.find()) {
                touched(fd.group(1), line);
            } else {
                touched(text.find() ? text.group(1) : "?", line);
            }
        }
    }

    private void touched(String path, String line) {
        var proc = PROC.matcher(path);
        var real = proc.matches()
                ? descriptors.getOrDefault(Integer.parseInt(proc.group(1)), "?")
                        + (proc.group(2) == null ? "" : proc.group(2))
                : path;
        touched.add(real + "\t" + line);
    }

    /** How many calls there were between the marks. */
    int calls() {
        return calls;
    }

    /** How many files were touched between the marks. */
    int count() {
        return touched.size();
    }

    /** Whether the trace is whole. */
    boolean isWhole() {
        return ended;
    }

    /** What was touched outside of a folder, or by a path that goes up. */
    List<String> outside(String folder) {
        return touched.stream()
                .filter(each -> {
                    var path = each.substring(0, each.indexOf('\t'));
                    return !(path + "/").startsWith(folder + "/") || (path + "/").contains("/../");
                })
                .toList();
    }
}
