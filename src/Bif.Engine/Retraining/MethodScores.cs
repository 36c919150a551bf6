using System.Text.Json;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Engine.Retraining;

/// <summary>A matrix of scores [query, item] in the sense of BIF (negative = helpful), and what it cost.</summary>
/// <param name="Name">bif, or the name of a comparison method's file.</param>
/// <param name="File">The .npy file.</param>
/// <param name="Cost">What it cost.</param>
public sealed record MethodScores(string Name, string File, MethodCost Cost)
{
    /// <summary>The run's own scores.</summary>
    public const string Bif = "bif";

    /// <summary>The folder of comparison methods in a run.</summary>
    internal const string Baselines = "baselines";

    /// <summary>Finds scores of a run: its own, then those of comparison methods in <c>RUN/baselines</c>.</summary>
    /// <param name="run">The run.</param>
    /// <param name="record">Its record.</param>
    /// <param name="wanted">Names in the order wanted, NAME=FILE.npy for a matrix from elsewhere, or NAME=RUN for another run's; empty for all that are there.</param>
    /// <exception cref="InputException">A wanted matrix is not there, or does not fit the run.</exception>
    public static IReadOnlyList<MethodScores> Find(RunDirectory run, RunRecord record, IReadOnlyCollection<string> wanted)
    {
        run.RequireScores(record);
        var folder = Path.Combine(run.Root, Baselines);
        var own = new MethodScores(Bif, ScoreFiles.PathOf(run.Scores, ScoreFiles.Bif), MethodCost.Of(record));
        var all = new List<MethodScores> { own };
        if (Directory.Exists(folder))
        {
            all.AddRange(Directory.EnumerateFiles(folder, "*.npy").Order(StringComparer.Ordinal).Select(Comparison));
        }

        var chosen = wanted.Count == 0 ? all : [.. wanted.Select(word => Named(word, all))];
        chosen.ForEach(each => each.RequireShape(record));
        return chosen;
    }

    /// <summary>A query's scores [item].</summary>
    /// <exception cref="InputException">The file cannot be read, or holds a value that is not finite.</exception>
    public float[] Row(int query)
    {
        var row = NpyFile.ReadRow<float>(File, query);
        return Array.TrueForAll(row, float.IsFinite)
            ? row
            : throw new InputException($"{File}: the scores of query {query} contain a value that is not finite: compute the method anew.");
    }

    private static MethodScores Named(string word, List<MethodScores> all)
    {
        var at = word.IndexOf('=');
        return at > 0
            ? Elsewhere(word[(at + 1)..]) with { Name = word[..at] }
            : all.Find(each => each.Name == word)
                ?? throw new InputException($"The run has no scores of \"{word}\": there are {string.Join(", ", all.Select(each => each.Name))}; bif compare makes others, and NAME=FILE.npy or NAME=RUN brings one from elsewhere.");
    }

    // Another run of the same items and queries stands for its BIF.
    private static MethodScores Elsewhere(string path)
    {
        if (!Directory.Exists(path))
        {
            return Comparison(path);
        }

        var run = RunDirectory.Open(path);
        return new(Bif, ScoreFiles.PathOf(run.Scores, ScoreFiles.Bif), MethodCost.Of(run.ReadRecord()));
    }

    private static MethodScores Comparison(string file)
        => new(Path.GetFileNameWithoutExtension(file), file, CostBeside(Path.ChangeExtension(file, ".json")));

    // What lies beside a comparison's scores says what they cost; scores from elsewhere may have nothing there.
    private static MethodCost CostBeside(string file)
    {
        try
        {
            return System.IO.File.Exists(file)
                ? JsonSerializer.Deserialize<MethodCost>(System.IO.File.ReadAllText(file), RunRecord.Json) ?? new(null, null, null)
                : new(null, null, null);
        }
        catch (JsonException error)
        {
            throw new InputException($"{file} is not valid JSON (line {error.LineNumber + 1}): compute the method anew.", error);
        }
    }

    private void RequireShape(RunRecord record)
    {
        var shape = NpyFile.ReadShape<float>(File);
        if (!shape.AsSpan().SequenceEqual([record.Queries.Count, record.Data.Count]))
        {
            throw new InputException($"{File} has the shape ({string.Join(", ", shape)}), but the run has {record.Queries.Count} queries and {record.Data.Count} items.");
        }
    }
}
