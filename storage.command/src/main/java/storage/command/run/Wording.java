package storage.command.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what picocli finds wrong with a command line in our own words. */
final class Wording {
    private Wording() {}

    /** @param args what was parsed */
    static ParameterException of(ParameterException e, List<String> args) {
        return new ParameterException(e.getCommandLine(), sentence(e, args), e);
    }

    private static String sentence(ParameterException e, List<String> args) {
        var spec = e.getCommandLine().getCommandSpec();
        // first, because a mistyped option is the reason why something else seems to be missing
        var unknown = unknown(spec, args);
        if (!unknown.isEmpty()) {
            return "There is no option '" + unknown + "'";
        }
        if (e instanceof UnmatchedArgumentException unmatched) {
            return tooMany(spec, unmatched.getUnmatched());
        }
        if (e instanceof MissingParameterException missing) {
            return missing(missing.getMissing(), args);
        }
        if (e instanceof OverwrittenOptionException twice && twice.getOverwritten() instanceof OptionSpec option) {
            return option.longestName() + " is given more than once";
        }
        if (e.getArgSpec() instanceof OptionSpec option) {
            return option.isMultiValue()
                    ? "The value of " + option.longestName() + " has to be of the form " + option.paramLabel()
                    : "'" + e.getValue() + "' is no value of " + option.longestName() + label(option);
        }
        return e.getMessage().strip();
    }

    private static String tooMany(CommandSpec spec, List<String> words) {
        var taken = spec.positionalParameters().stream()
                .map(PositionalParamSpec::paramLabel)
                .collect(Collectors.joining(" "));
        return quoted(words) + (words.size() == 1 ? " is" : " are") + " too much: the command takes "
                + (taken.isEmpty() ? "options only" : taken);
    }

    private static String missing(List<ArgSpec> missing, List<String> args) {
        List<String> parts = new ArrayList<>();
        var places = 0;
        for (var part : missing) {
            if (part instanceof OptionSpec option) {
                for (var name : option.names()) {
                    if (args.contains(name)) {
                        return name + " needs a value: " + name + label(option);
                    }
                }
                parts.add(option.shortestName() + label(option));
            } else {
                // before the options, as one types them
                parts.add(places++, part.paramLabel());
            }
        }
        return String.join(" and ", parts) + (parts.size() == 1 ? " is missing" : " are missing");
    }

    private static String label(OptionSpec option) {
        return option.arity().max() == 0 ? "" : " " + option.paramLabel();
    }

    private static String quoted(List<String> words) {
        return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(", "));
    }

    /** The first argument that looks like an option and is none, empty if there is none. */
    private static String unknown(CommandSpec spec, List<String> args) {
        Map<String, OptionSpec> options = spec.optionsMap();
        for (var i = 0; i < args.size(); i++) {
            var arg = args.get(i);
            if (arg.equals("--")) {
                return "";
            }
            if (!arg.startsWith("-") || arg.equals("-")) {
                continue;
            }
            var name = arg.startsWith("--") ? arg.split("=", 2)[0] : arg.substring(0, 2);
            var option = options.get(name);
            if (option == null) {
                return name;
            }
            if (option.arity().min() > 0 && arg.equals(name)) {
                i++;
            }
        }
        return "";
    }
}
