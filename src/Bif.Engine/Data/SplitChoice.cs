namespace Bif.Engine.Data;

/// <summary>Picks the files of a split, with an error that lists the splits that are there.</summary>
internal static class SplitChoice
{
    /// <summary>Refuses a split of a single file.</summary>
    public static void RequireNone(string path, string? split)
    {
        if (split is not null)
        {
            throw new InputException($"{path} is one file and has no split \"{split}\": leave out @{split}.");
        }
    }

    /// <summary>The entry of the wanted split; the only one where none is named.</summary>
    public static T Choose<T>(string path, string? split, IReadOnlyDictionary<string, T> splits)
    {
        var there = string.Join(", ", splits.Keys.Order(StringComparer.Ordinal).Select(name => "@" + name));
        return split is null
            ? splits.Count == 1
                ? splits.Values.First()
                : throw new InputException($"{path} holds several splits: choose one of {there}, as in {path}@{splits.Keys.First()}.")
            : splits.TryGetValue(split, out var chosen)
                ? chosen
                : throw new InputException($"{path} has no split \"{split}\": there is {there}.");
    }
}
