using System.Diagnostics;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Retraining;

/// <summary>Retrains a run's model with and without a set of training items, and lays the change beside the predicted one.</summary>
public static class RemovalMeasurement
{
    /// <summary>Trains 2·<paramref name="repeats"/> models; the same seeds with and without the set.</summary>
    /// <param name="run">A run with scores.</param>
    /// <param name="without">The items to leave out.</param>
    /// <param name="recipe">How models are trained; its seed is the first one.</param>
    /// <param name="repeats">Models of each kind, at least 2.</param>
    /// <param name="threads">CPU threads.</param>
    /// <param name="progress">Receives a report after each block of models, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The comparison, or null where it was interrupted.</returns>
    /// <exception cref="InputException">The set is empty or all there is, the data have changed, or training diverges.</exception>
    public static RemovalRecord? Run(
        RunDirectory run, IReadOnlyCollection<int> without, TrainingSpec recipe, int repeats, int threads, IProgress<BankProgress>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 2);
        var record = run.ReadRecord();
        run.RequireScores(record);
        var gone = without.ToHashSet();
        int[] all = [.. Enumerable.Range(0, record.Data.Count)], left = [.. all.Where(item => !gone.Contains(item))];
        if (left.Length is 0 || left.Length == all.Length)
        {
            throw new InputException($"{all.Length - left.Length} of {all.Length} items would be left out: leave some out and some in.");
        }

        using var problem = RetrainingProblem.Of(record, recipe);
        var size = RetrainingPool.BlockSize(problem);
        RetrainedModel[][] blocks = [.. new[] { all, left }.SelectMany((items, kind)
            => Enumerable.Range(0, repeats).Select(repeat => new RetrainedModel(kind, repeat, items, recipe.Seed + (ulong)repeat)).Chunk(size))];
        var losses = new[] { new float[repeats][], new float[repeats][] };
        var clock = Stopwatch.StartNew();
        var done = 0;
        RetrainingPool.Run(problem, blocks, threads, (models, measured) =>
        {
            foreach (var (model, row) in models.Zip(measured))
            {
                losses[model.Subset][model.Repeat] = row;
            }

            done += models.Length;
            progress?.Report(new BankProgress(done, 2 * repeats, clock.Elapsed.TotalSeconds, clock.Elapsed.TotalSeconds * ((2 * repeats) - done) / done));
        }, cancellation);
        return done < 2 * repeats ? null : Compare(run, record, left, losses, repeats, recipe);
    }

    /// <summary>Predicted change of a query's loss (nats, positive = worse) if items were left out, to first order.</summary>
    /// <param name="bif">BIF [item] of the query.</param>
    /// <param name="items">The items left out.</param>
    /// <param name="nbeta">nβ of the run.</param>
    public static double PredictedChange(ReadOnlySpan<float> bif, IEnumerable<int> items, double nbeta)
    {
        var sum = 0.0;
        foreach (var item in items)
        {
            sum += bif[item];
        }

        return -nbeta * sum / bif.Length;
    }

    private static RemovalRecord Compare(RunDirectory run, RunRecord record, int[] left, float[][][] losses, int repeats, TrainingSpec recipe)
    {
        int[] gone = [.. Enumerable.Range(0, record.Data.Count).Except(left)];
        var (with, without) = (losses[0], losses[1]);
        double Mean(float[][] rows, int query) => rows.Average(row => (double)row[query]);
        double Variance(float[][] rows, int query) => rows.Sum(row => Math.Pow(row[query] - Mean(rows, query), 2)) / (repeats - 1);
        var queries = Enumerable.Range(0, record.Queries.Count).ToArray();
        return new RemovalRecord
        {
            Run = record.Id,
            Without = gone,
            Repeats = repeats,
            Recipe = QualityMeasurement.Words(recipe),
            Predicted = [.. queries.Select(query => PredictedChange(NpyFile.ReadRow<float>(ScoreFiles.PathOf(run.Scores, ScoreFiles.Bif), query), gone, record.Settings.Nbeta))],
            Measured = [.. queries.Select(query => Mean(without, query) - Mean(with, query))],
            MeasuredError = [.. queries.Select(query => Math.Sqrt((Variance(with, query) + Variance(without, query)) / repeats))],
        };
    }
}
