package storage.command.run;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import storage.selector.DriverOption;

/** Reads a driver option from a word of a command line. */
public final class OptionReader implements ITypeConverter<DriverOption> {
    @Override
    public DriverOption convert(String word) {
        return DriverOption.parse(word).orElseThrow(() -> new TypeConversionException("not KEY=VALUE: " + word));
    }
}
