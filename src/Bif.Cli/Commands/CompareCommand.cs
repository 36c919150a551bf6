using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Baselines;
using Bif.Engine.Runs;
using Bif.Kernels;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif compare</c>: other attribution methods on a run's checkpoint and items.</summary>
internal sealed class CompareCommand : Verb
{
    private static readonly MethodOptions Defaults = new();
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<string[]> _methods = Setting.Repeatable(
        "--methods", "NAME,…", $"Methods: {string.Join(", ", AttributionMethodCatalog.All.Select(each => each.Name))}; similarity for embedding and pixels.", "all that the run allows");
    private readonly Setting<double> _damping = Setting.Number("--damping", "ekfac: damping as a multiple of each layer's mean eigenvalue.", Defaults.Damping, Interval.Above(0));
    private readonly Setting<int?> _projection = Setting.Count("--projection-dim", "trak: dimension of the random projection.", "the smaller of 2048 and half the training items", 1, 65_536);
    private readonly Setting<string[]> _checkpoints = Setting.Repeatable("--checkpoints", "PATH,…", "trak: further checkpoints of the same architecture.", "the run's checkpoint alone");
    private readonly Setting<int> _seed = Setting.Count("--seed", "Seed of projections, probes and random scores.", 0, 0);
    private readonly Setting<int?> _threads = Setting.Threads("CPU threads.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public CompareCommand() : base("compare", "Score a run's items with other attribution methods.")
    {
        Arguments.Add(_run);
        foreach (var option in (Option[])[_methods, _damping, _projection, _checkpoints, _seed, _threads, _json])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif compare runs/mnist --methods gradsim,cosine,ekfac,similarity,random", "Scores in runs/mnist/baselines, their cost, and how they agree with the run's."),
        new("bif compare runs/mnist --methods ekfac --damping 10", "EK-FAC with another damping; its factors are measured once and reused."),
    ];

    /// <inheritdoc/>
    public override string Notes => "Scores are written as RUN/baselines/NAME.npy [query, item], negative = helpful as in scores/bif.npy; bif lds judges them.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var run = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var words = Words(arguments.GetValue(_methods));
        IReadOnlyList<string> methods = words.Count == 0
            ? [.. AttributionMethodCatalog.All.Select(each => each.Name)]
            : [.. words.SelectMany(AttributionMethodCatalog.Named).Distinct()];
        var options = new MethodOptions
        {
            Damping = arguments.GetValue(_damping),
            ProjectionDimension = arguments.GetValue(_projection),
            Checkpoints = Words(arguments.GetValue(_checkpoints)),
            Seed = (ulong)arguments.GetValue(_seed),
        };
        var json = arguments.GetValue(_json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: methods that are done are kept."));
        using var comparison = new MethodComparison(run, options, arguments.GetValue(_threads) ?? Environment.ProcessorCount);
        var (results, refusals) = Compute(comparison, methods, json ? null : output, interruption.Token);
        if (json)
        {
            output.Json(new { Run = run.Root, comparison.Folder, Methods = results, Refused = refusals, ProcessMemory.PeakBytes, DevicePeakBytes = DeviceMemory.Peak(run.ReadRecord().Spec.Device) });
        }
        else
        {
            Show(results, output);
            foreach (var refusal in refusals)
            {
                output.Warn(refusal.Reason);
            }

            output.Results.WriteLine($"In {comparison.Folder}: NAME.npy [query, item], negative = helpful, and NAME.json.");
        }

        // A method that was asked for by its own name and cannot be had is bad input, once the others are done.
        return refusals.FirstOrDefault(refusal => words.Contains(refusal.Method)) is { } unmet ? throw new InputException(unmet.Reason) : ExitCode.Ok;
    }

    private static (List<ComparisonResult> Results, List<Refusal> Refusals) Compute(
        MethodComparison comparison, IReadOnlyList<string> methods, Output? output, CancellationToken cancellation)
    {
        var (results, refusals) = (new List<ComparisonResult>(), new List<Refusal>());
        foreach (var method in methods)
        {
            try
            {
                var result = comparison.Compute(method, null, cancellation);
                results.Add(result);
                output?.Messages.WriteLine($"{method}: {(result.Reused ? "there already" : Quantity.Duration(result.Record.Seconds))}{(result.Record.Remark.Length > 0 ? $"; {result.Record.Remark}" : "")}");
            }
            catch (InputException error)
            {
                refusals.Add(new Refusal(method, error.Message));
            }
        }

        return (results, refusals);
    }

    private static void Show(IReadOnlyList<ComparisonResult> results, Output output)
    {
        var top = results is [{ WithBif.Top: var count }, ..] ? count : 10;
        var table = new Table().Border(TableBorder.Simple).AddColumns("method", "seconds", "forward", "backward", "rank correlation with bif", $"overlap@{top} with bif");
        foreach (var each in results)
        {
            table.AddRow(
                each.Record.Method, Quantity.Significant(each.Record.Seconds), $"{each.Record.ForwardPasses:N0}", $"{each.Record.BackwardPasses:N0}",
                Number(each.WithBif?.RankCorrelation), Number(each.WithBif?.TopOverlap));
        }

        output.Screen.Write(table);
        output.Screen.WriteLine("forward, backward: passes of one item each; rank correlation and overlap: means over the queries.");
    }

    private static string Number(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static IReadOnlyList<string> Words(string[]? given)
        => [.. (given ?? []).SelectMany(word => word.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private sealed record Refusal(string Method, string Reason);
}
