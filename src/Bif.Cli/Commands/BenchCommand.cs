using System.CommandLine;
using Bif.Cli.Benchmarks;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Kernels;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif bench</c>: measured ratios on this machine.</summary>
internal sealed class BenchCommand : Verb
{
    private static readonly Benchmark[] All =
    [
        new("step", "a Langevin step without the gradient against copying its three vectors in memory", Step),
        new("losses", "loss evaluation against the bare forward pass", SamplingBenchmarks.Losses),
        new("draws", "draws per second of chains on all cores beside a plain eager PyTorch loop (Debian's python3-torch)", SamplingBenchmarks.Draws),
        new("samplers", "effective draws of every sampler per gradient and per second, beside SGLD at its best step, on three networks (needs ../shared/data; tens of minutes)", seconds => SamplerBenchmarks.Run(seconds, SamplerBenchmarks.All)),
        new("samplers-mlp", "the same on the MNIST MLP alone (minutes)", seconds => SamplerBenchmarks.Run(seconds, ["mlp"])),
        new("samplers-resnet20", "the same on ResNet-20 alone", seconds => SamplerBenchmarks.Run(seconds, ["resnet20"])),
        new("samplers-torchscript", "the same on the TorchScript network alone", seconds => SamplerBenchmarks.Run(seconds, ["torchscript-mnist"])),
        new("retraining", "retrainings of a 784-128-10 network side by side against one after another (a minute)", RetrainingBenchmark.Run),
        new("tokens", "the text page on a million traced tokens: shading what is in view, ranking the corpus (1.6 GB in the temporary folder)", TokenBenchmark.Run),
        new("correlate", "scores from a trace against reading the trace once", CorrelationBenchmark.Run),
    ];

    private readonly Argument<string[]> _names = new("NAMES")
    {
        Description = $"Which to run: {string.Join("; ", All.Select(each => $"{each.Name} ({each.Description})"))}. All but those of samplers and tokens if none is named.",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
    };

    private readonly Setting<double> _seconds = Setting.Number("--seconds", "Seconds that each measurement lasts.", 3, Interval.Above(0));
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per row on stdout.");

    /// <summary>Declares the options.</summary>
    public BenchCommand() : base("bench", "Measure ratios on this machine.")
    {
        Arguments.Add(_names);
        Options.Add(_seconds);
        Options.Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } = [new("bif bench step losses", "Two of the measurements.")];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var names = arguments.GetValue(_names) ?? [];
        if (names.FirstOrDefault(name => All.All(each => each.Name != name)) is { } unknown)
        {
            throw new InputException($"There is no benchmark \"{unknown}\": choose from {string.Join(", ", All.Select(each => each.Name))}.");
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("measured", "value", "yardstick", "ratio", "unit", "target");
        foreach (var row in All.Where(each => names.Length == 0 ? each.Name is not "tokens" && !each.Name.StartsWith("samplers", StringComparison.Ordinal) : names.Contains(each.Name)).SelectMany(each => each.Run(arguments.GetValue(_seconds))))
        {
            if (arguments.GetValue(_json))
            {
                output.Json(row);
            }

            table.AddRow(
                Markup.Escape(row.Name), $"{row.Value:G4}", row.Yardstick is { } yardstick ? $"{yardstick:G4}" : "not there",
                row.Ratio is { } ratio ? $"{ratio:F2}" : "", row.Unit, Markup.Escape(row.Target));
        }

        if (!arguments.GetValue(_json))
        {
            output.Screen.Write(table);
        }

        return ExitCode.Ok;
    }

    private static IEnumerable<BenchmarkRow> Step(double seconds)
    {
        TorchSharp.torch.set_num_threads(Environment.ProcessorCount);
        var (step, copy) = LangevinBenchmark.Measure(1 << 24, 15);
        yield return new BenchmarkRow("SGLD step, 16.8 M parameters", step * 1000, copy * 1000, "ms", "at most 1.5 copies of its three vectors");
    }
}
