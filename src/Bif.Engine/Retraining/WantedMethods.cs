using Bif.Engine.Attribution;
using Bif.Engine.Baselines;
using Bif.Engine.Runs;

namespace Bif.Engine.Retraining;

/// <summary>The methods that a measurement judges; comparison methods that the run does not hold yet are computed.</summary>
public static class WantedMethods
{
    /// <summary>The word for BIF, every comparison method that the run allows, and whatever lies in <c>RUN/baselines</c>.</summary>
    public const string All = "all";

    // Multiples of a layer's mean eigenvalue: from what published work uses to where EK-FAC is a gradient dot product.
    private static readonly string[] Dampings = ["0.01", "0.1", "1", "3", "10", "30", "100", "300"];

    /// <summary>Turns words into names of scores that are there.</summary>
    /// <returns>The names for <see cref="MethodScores.Find"/>, and what <see cref="All"/> could not have.</returns>
    /// <exception cref="InputException">A method that was named by itself cannot be used on this run.</exception>
    internal static (IReadOnlyList<string> Names, IReadOnlyList<MethodRefusal> Refused) Compute(
        RunDirectory run, RunRecord record, QualitySpec spec, Action<string>? announce, CancellationToken cancellation)
    {
        run.RequireScores(record);
        var names = spec.Methods.SelectMany(word => Names(word, run, spec.Without)).Distinct().ToList();
        var missing = names.Where(name => !name.Contains('=') && AttributionMethodCatalog.Knows(name) && !File.Exists(FileOf(run, name))).ToList();
        if (missing.Count == 0)
        {
            return (names, []);
        }

        var refused = new List<MethodRefusal>();
        using var comparison = new MethodComparison(run, new MethodOptions(), spec.Threads);
        foreach (var name in missing)
        {
            try
            {
                var result = comparison.Compute(name, null, cancellation);
                announce?.Invoke($"{name}: {result.Record.Seconds:F1} s{(result.Record.Remark.Length > 0 ? $"; {result.Record.Remark}" : "")}");
            }
            catch (InputException error) when (!spec.Methods.Contains(name))
            {
                refused.Add(new(MethodVariant.FamilyOf(name), error.Message));
                names.Remove(name);
            }
        }

        return (names, [.. refused.Distinct()]);
    }

    private static IEnumerable<string> Names(string word, RunDirectory run, IReadOnlyList<string> without)
    {
        if (word != All)
        {
            return !word.Contains('=') && AttributionMethodCatalog.Knows(word) ? AttributionMethodCatalog.Named(word) : [word];
        }

        var folder = Path.Combine(run.Root, MethodScores.Baselines);
        IEnumerable<string> there = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.npy").Select(file => Path.GetFileNameWithoutExtension(file)!) : [];
        var methods = AttributionMethodCatalog.All.SelectMany(each => each.Name == "ekfac" ? Dampings.Select(damping => $"ekfac@{damping}") : [each.Name]);
        return methods.Concat(there.Order(StringComparer.Ordinal)).Where(name => !without.Contains(MethodVariant.FamilyOf(name)) && !without.Contains(name)).Prepend(MethodScores.Bif);
    }

    private static string FileOf(RunDirectory run, string name) => ScoreFiles.PathOf(Path.Combine(run.Root, MethodScores.Baselines), name);
}
