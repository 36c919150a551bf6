namespace Bif.Cli.Running;

/// <summary>Writes arguments as the line that a person can paste into a shell.</summary>
internal static class ShellLine
{
    /// <summary>How this program was called: the script says so in <c>BIF_COMMAND</c>.</summary>
    public static string Program => Environment.GetEnvironmentVariable("BIF_COMMAND") is { Length: > 0 } command ? Quote(command) : "bif";

    /// <summary>The program with its arguments, and <paramref name="flag"/> where it is not among them.</summary>
    public static string Of(IEnumerable<string> arguments, string flag)
    {
        var words = arguments.ToList();
        if (!words.Contains(flag))
        {
            words.Add(flag);
        }

        return Of(words);
    }

    /// <summary>The program with its arguments.</summary>
    public static string Of(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quote).Prepend(Program));

    /// <summary>The word as a POSIX shell reads it back.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(each => char.IsAsciiLetterOrDigit(each) || "-_./=:,@+%".Contains(each))
            ? word
            : $"'{word.Replace("'", "'\\''")}'";
}
