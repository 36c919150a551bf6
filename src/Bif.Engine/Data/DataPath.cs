namespace Bif.Engine.Data;

/// <summary>A data path as people write it: PATH[@SPLIT][[A:B]], with Python's meaning of A and B.</summary>
/// <param name="Text">As written.</param>
/// <param name="Path">The file or folder.</param>
/// <param name="Split">The split, or null.</param>
/// <param name="Start">First item, negative from the end, or null for the first.</param>
/// <param name="End">Item after the last, negative from the end, or null for all.</param>
public sealed record DataPath(string Text, string Path, string? Split, int? Start, int? End)
{
    /// <summary>Parses a data path.</summary>
    /// <exception cref="InputException">The slice is malformed.</exception>
    public static DataPath Parse(string text)
    {
        var rest = text.Trim();
        int? start = null, end = null;
        if (rest.EndsWith(']') && rest.LastIndexOf('[') is >= 0 and var open)
        {
            var bounds = rest[(open + 1)..^1].Split(':');
            if (bounds.Length != 2)
            {
                throw new InputException($"The slice in \"{text}\" is not of the form [A:B], [A:] or [:B].");
            }

            start = Bound(bounds[0], text);
            end = Bound(bounds[1], text);
            rest = rest[..open];
        }

        // Only an @ after the last separator names a split: folders may contain one.
        string? split = null;
        var at = rest.LastIndexOf('@');
        if (at > rest.LastIndexOf('/') && at >= 0)
        {
            split = rest[(at + 1)..];
            rest = rest[..at];
        }

        return rest.Length == 0 || split is { Length: 0 }
            ? throw new InputException($"\"{text}\" names no data: write PATH, PATH@SPLIT or PATH@SPLIT[A:B].")
            : new DataPath(text, rest, split, start, end);
    }

    /// <summary>First item and number of items among <paramref name="count"/>.</summary>
    /// <exception cref="InputException">The slice is empty, reversed or outside.</exception>
    public (int Start, int Count) Resolve(int count)
    {
        var start = Start is { } first ? first < 0 ? count + first : first : 0;
        var end = End is { } last ? last < 0 ? count + last : last : count;
        if (start < 0 || end > count || start > count)
        {
            throw new InputException($"The slice in \"{Text}\" reaches beyond the {count:N0} items that are there: use 0 to {count}.");
        }

        return end > start
            ? (start, end - start)
            : throw new InputException($"The slice in \"{Text}\" is {(end == start ? "empty" : "reversed")}: [A:B] needs A < B.");
    }

    private static int? Bound(string bound, string text) => bound.Trim().Length == 0
        ? null
        : System.Numerics.BigInteger.TryParse(bound, System.Globalization.NumberStyles.Integer, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? (int)System.Numerics.BigInteger.Clamp(value, -int.MaxValue, int.MaxValue)
            : throw new InputException($"\"{bound}\" in the slice of \"{text}\" is not a whole number.");
}
