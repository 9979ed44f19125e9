package storage.command.demo;

import storage.command.run.Dispatch;
import storage.command.run.ExitCode;
import storage.command.run.Run;
import storage.command.run.Verb;

/** {@code demo}. */
public final class Demo implements Verb {
    private final Dispatch dispatch;

    public Demo(Dispatch dispatch) {
        this.dispatch = dispatch;
    }

    @Override
    public int run(Run run) throws Exception {
        return dispatch == null ? ExitCode.INTERNAL : ExitCode.OK;
    }
}
