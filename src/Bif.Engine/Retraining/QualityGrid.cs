using Bif.Engine.Runs;

namespace Bif.Engine.Retraining;

/// <summary>A method's LDS at one place of a grid.</summary>
/// <param name="Attribution">α of the attribution: the run's items as a share of the largest run's.</param>
/// <param name="Retraining">α of the retraining: share of the run's items in a subset.</param>
/// <param name="Method">The method.</param>
/// <param name="Lds">Mean over the pipelines.</param>
/// <param name="StandardError">Of that mean over the pipelines; of a single one the deviation of its bootstrap.</param>
/// <param name="Pipelines">Runs that it is the mean of.</param>
/// <param name="Ceiling">What a perfect predictor would reach, mean over the pipelines; null with single repeats.</param>
public sealed record GridCell(double Attribution, double Retraining, string Method, double Lds, double StandardError, int Pipelines, double? Ceiling);

/// <summary>
/// LDS over shares of the data: runs whose checkpoints saw different parts of the data or were trained from different seeds
/// (whole pipelines, from training to scores), each judged at several shares of retraining.
/// </summary>
public static class QualityGrid
{
    private const double Normal = 1.96;

    /// <summary>Measures every run at every share.</summary>
    /// <param name="runs">The pipelines; those with equally many items are repetitions of each other.</param>
    /// <param name="shares">α of the retraining.</param>
    /// <param name="specOf">How a run is judged; the share is set here.</param>
    /// <param name="announce">Receives lines worth showing, or null.</param>
    /// <param name="progress">Receives a report after each block of models, or null.</param>
    /// <param name="cancellation">Gives up; the same call goes on.</param>
    /// <returns>A cell per share of attribution, share of retraining and method, or null where it was interrupted.</returns>
    /// <exception cref="InputException">As <see cref="QualityMeasurement.Measure"/>.</exception>
    public static IReadOnlyList<GridCell>? Measure(
        IReadOnlyList<RunDirectory> runs, IReadOnlyList<double> shares, Func<RunRecord, QualitySpec> specOf,
        Action<string>? announce, IProgress<BankProgress>? progress, CancellationToken cancellation)
    {
        var records = runs.Select(run => run.ReadRecord()).ToList();
        var largest = records.Max(record => record.Data.Count);
        var measured = new List<(double Attribution, QualityRecord Quality)>();
        foreach (var (run, record) in runs.Zip(records))
        {
            foreach (var share in shares)
            {
                var spec = specOf(record);
                announce?.Invoke($"{run.Root} at {share:P0}");
                if (QualityMeasurement.Measure(run, spec with { Bank = spec.Bank with { Alpha = share } }, announce, progress, cancellation) is not { } quality)
                {
                    return null;
                }

                measured.Add((record.Data.Count / (double)largest, quality));
            }
        }

        return Summarise(measured);
    }

    /// <summary>Means and errors over pipelines of the same two shares.</summary>
    internal static IReadOnlyList<GridCell> Summarise(IEnumerable<(double Attribution, QualityRecord Quality)> measured) =>
    [
        .. measured
            .SelectMany(each => each.Quality.Methods.Select(method => (each.Attribution, Retraining: each.Quality.Bank.Alpha, Method: method, each.Quality.Ceiling)))
            .GroupBy(each => (each.Attribution, each.Retraining, each.Method.Name))
            .Select(group =>
            {
                var scores = group.Select(each => each.Method.Lds).ToArray();
                var mean = scores.Average();
                var first = group.First().Method;
                var error = scores.Length > 1
                    ? Math.Sqrt(scores.Sum(score => (score - mean) * (score - mean)) / (scores.Length - 1) / scores.Length)
                    : (first.High - first.Low) / (2 * Normal);
                return new GridCell(group.Key.Attribution, group.Key.Retraining, group.Key.Name, mean, error, scores.Length, group.Average(each => each.Ceiling));
            })
            .OrderBy(cell => cell.Attribution).ThenBy(cell => cell.Method, StringComparer.Ordinal).ThenBy(cell => cell.Retraining),
    ];
}
