package storage.command.text;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Times for people: how long ago, in the largest unit of which there are at least two. */
public final class Ages {
    private Ages() {}

    /**
     * For example {@code 2 hours ago}.
     *
     * @param time as an image has it, RFC 3339; anything else is shown as it is
     */
    public static String shown(String time, Instant now) {
        long seconds;
        try {
            seconds = Duration.between(OffsetDateTime.parse(time).toInstant(), now)
                    .toSeconds();
        } catch (DateTimeParseException | ArithmeticException e) {
            return time;
        }
        // a clock that runs behind that of the image's maker
        if (seconds < 0) {
            return time.substring(0, 10);
        }
        var days = seconds / 86_400;
        if (days >= 2 * 365) {
            return days / 365 + " years ago";
        }
        if (days >= 2 * 30) {
            return days / 30 + " months ago";
        }
        if (days >= 2 * 7) {
            return days / 7 + " weeks ago";
        }
        if (days >= 2) {
            return days + " days ago";
        }
        if (seconds >= 2 * 3600) {
            return seconds / 3600 + " hours ago";
        }
        if (seconds >= 2 * 60) {
            return seconds / 60 + " minutes ago";
        }
        return seconds == 1 ? "1 second ago" : seconds + " seconds ago";
    }
}
