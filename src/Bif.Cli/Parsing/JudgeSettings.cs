using System.CommandLine;
using Bif.Engine.Retraining;
using Bif.Engine.Training;

namespace Bif.Cli.Parsing;

/// <summary>The options that say how scores are judged by retraining: subsets, repeats, tuning, methods, bank.</summary>
/// <param name="subsets">How many by default.</param>
/// <param name="repeats">Models per subset by default.</param>
/// <param name="tuning">Percentage of the subsets for tuning by default.</param>
/// <param name="everything">Whether comparison methods that are not there are computed where none is named.</param>
internal sealed class JudgeSettings(int subsets, int repeats, double tuning, bool everything)
{
    private readonly Setting<int> _subsets = Setting.Count("--subsets", "Random subsets.", subsets, 5, 1_000_000);
    private readonly Setting<int> _repeats = Setting.Count("--repeats", "Models per subset, which differ in initial weights and order.", repeats, 1, 100_000);
    private readonly Setting<double> _tuning = Setting.Number("--tuning", "Percentage of the subsets, the first ones, kept for tuning and left out of what is reported.", tuning, Interval.Between(0, 90));
    private readonly Setting<string[]> _methods = Setting.Repeatable("--methods", "NAME,…|NAME=FILE.npy|NAME=RUN", "Methods to judge: bif, those of bif compare, a matrix [query, item] from elsewhere (negative = helpful), or another run of the same items and queries; ekfac@30 is EK-FAC at that damping. What is not there is computed; all: every method that the run allows.", everything ? WantedMethods.All : "those that are there");
    private readonly Setting<string[]> _without = Setting.Repeatable("--without", "NAME,…", "Comparison methods that all leaves out.", "none");
    private readonly Setting<int> _resamples = Setting.Count("--resamples", "Resamples of the subsets behind the intervals.", 1000, 100, 1_000_000);
    private readonly Setting<int> _seed = Setting.Count("--seed", "Seed of subsets, models and resamples.", 0, 0);
    private readonly Setting<int?> _threads = Setting.Threads("CPU threads; losses do not depend on them.");

    /// <summary>The options, for a verb's list.</summary>
    public IEnumerable<Option> All => [_subsets, _repeats, _tuning, _methods, _without, _resamples, _seed, _threads];

    /// <summary>What they say.</summary>
    public QualitySpec Spec(ParseResult arguments, TrainingSpec recipe) => new()
    {
        Bank = new BankSpec(Subsets: arguments.GetValue(_subsets), Repeats: arguments.GetValue(_repeats), Seed: (ulong)arguments.GetValue(_seed)),
        Recipe = recipe,
        TuningPercent = arguments.GetValue(_tuning),
        Methods = arguments.GetValue(_methods) is { Length: > 0 } given ? [.. given.SelectMany(Words)] : everything ? [WantedMethods.All] : [],
        Without = [.. (arguments.GetValue(_without) ?? []).SelectMany(Words)],
        Resamples = arguments.GetValue(_resamples),
        Threads = arguments.GetValue(_threads) ?? Environment.ProcessorCount,
    };

    // A file's name may have a comma.
    private static string[] Words(string word)
        => word.IndexOf('=') is >= 0 and var sign && Path.Exists(word[(sign + 1)..]) ? [word]
            : word.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
