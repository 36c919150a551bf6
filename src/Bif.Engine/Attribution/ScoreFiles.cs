using Bif.Engine.Arrays;

namespace Bif.Engine.Attribution;

/// <summary>The score matrices [query, item] of a run, written block by block and published together.</summary>
public sealed class ScoreFiles : IDisposable
{
    /// <summary>−covariance, nats², negative = helpful.</summary>
    public const string Bif = "bif";

    /// <summary>Standard error of <see cref="Bif"/>.</summary>
    public const string BifError = "bif_se";

    /// <summary>Posterior correlation, positive = helpful.</summary>
    public const string Correlation = "correlation";

    /// <summary>Standard error of <see cref="Correlation"/>.</summary>
    public const string CorrelationError = "correlation_se";

    /// <summary>Indices of training items without variance, whose scores are 0.</summary>
    public const string ConstantItems = "constant_items";

    /// <summary>Indices of queries without variance, whose scores are 0.</summary>
    public const string ConstantQueries = "constant_queries";

    /// <summary>Var(ℓ_i), nats², by training item: its influence on itself.</summary>
    public const string ItemVariance = "item_variance";

    /// <summary>Var(ℓ_q), nats², by query.</summary>
    public const string QueryVariance = "query_variance";

    private static readonly string[] Matrices = [Bif, BifError, Correlation, CorrelationError];
    private readonly string _directory;
    private readonly Dictionary<string, NpyWriter<float>> _writers = [];

    internal ScoreFiles(string directory, int queries, int items)
    {
        Directory.CreateDirectory(directory);
        _directory = directory;
        foreach (var name in Matrices)
        {
            _writers[name] = new(PathOf(directory, name), queries, items);
        }
    }

    /// <summary>Where a score lies.</summary>
    public static string PathOf(string directory, string name) => Path.Combine(directory, name + ".npy");

    /// <summary>Whether all matrices are there.</summary>
    public static bool AreComplete(string directory) => Array.TrueForAll(Matrices, name => File.Exists(PathOf(directory, name)));

    /// <summary>The first of a run's score files that is missing, damaged or of another shape; null where all are whole. Earlier versions wrote no variances.</summary>
    /// <param name="directory">Their folder.</param>
    /// <param name="queries">Queries that the run has.</param>
    /// <param name="items">Training items that it has.</param>
    public static string? FaultOf(string directory, int queries, int items)
        => Matrices.Select(name => FaultOf<float>(PathOf(directory, name), queries, items))
            .Concat(new[] { (Name: ItemVariance, Count: items), (Name: QueryVariance, Count: queries) }
                .Select(vector => (File: PathOf(directory, vector.Name), vector.Count))
                .Where(vector => File.Exists(vector.File))
                .Select(vector => FaultOf<double>(vector.File, vector.Count)))
            .FirstOrDefault(file => file is not null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var writer in _writers.Values)
        {
            writer.Dispose();
        }
    }

    /// <summary>Writes the scores of a query for consecutive items. Safe to call from several threads.</summary>
    internal void Write(int query, int firstItem, int count, QueryScores scores)
    {
        _writers[Bif].Write(query, firstItem, scores.Bif.AsSpan(0, count));
        _writers[BifError].Write(query, firstItem, scores.BifError.AsSpan(0, count));
        _writers[Correlation].Write(query, firstItem, scores.Correlation.AsSpan(0, count));
        _writers[CorrelationError].Write(query, firstItem, scores.CorrelationError.AsSpan(0, count));
    }

    private static string? FaultOf<T>(string file, params long[] expected) where T : unmanaged
    {
        try
        {
            return NpyFile.ReadShape<T>(file).SequenceEqual(expected) ? null : file;
        }
        catch (InputException)
        {
            return file;
        }
    }

    /// <summary>Gives the finished files their names.</summary>
    internal void Publish(RunStatistics statistics)
    {
        long[] constantItems = [.. statistics.ConstantItems.Select(item => (long)item)];
        long[] constantQueries =
            [.. Enumerable.Range(0, statistics.QueryVariance.Length).Where(query => !(statistics.QueryVariance[query] > 0)).Select(query => (long)query)];
        NpyFile.Write<double>(PathOf(_directory, ItemVariance), [statistics.ItemVariance.Length], statistics.ItemVariance);
        NpyFile.Write<double>(PathOf(_directory, QueryVariance), [statistics.QueryVariance.Length], statistics.QueryVariance);
        NpyFile.Write(PathOf(_directory, ConstantItems), [constantItems.Length], constantItems);
        NpyFile.Write(PathOf(_directory, ConstantQueries), [constantQueries.Length], constantQueries);
        Parallel.ForEach(_writers.Values, writer => writer.Complete());
    }
}
