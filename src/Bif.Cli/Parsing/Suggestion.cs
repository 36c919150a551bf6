namespace Bif.Cli.Parsing;

/// <summary>"Did you mean": the known word that a mistyped one is nearest to.</summary>
internal static class Suggestion
{
    /// <summary>The nearest candidate, or null where none is near enough to be what was meant.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates) => candidates
        .Select(candidate => (candidate, distance: candidate.StartsWith(word, StringComparison.Ordinal) ? 1 : Distance(word, candidate)))
        .Where(pair => pair.distance <= Math.Max(word.Length < 4 ? 1 : 2, word.Length / 3))
        .OrderBy(pair => pair.distance)
        .Select(pair => pair.candidate)
        .FirstOrDefault();

    // Levenshtein's distance, in one row.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
