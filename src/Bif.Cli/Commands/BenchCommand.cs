using System.CommandLine;
using Bif.Cli.Benchmarks;
using Bif.Cli.Benchmarks.Scaling;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Kernels;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif bench</c>: measured ratios on this machine.</summary>
internal sealed class BenchCommand : Verb
{
    private const string Scaling = "scaling";
    private static readonly Benchmark[] All =
    [
        new("step", "a Langevin step without the gradient against copying its three vectors in memory", Step),
        new("losses", "loss evaluation against the bare forward pass", SamplingBenchmarks.Losses),
        new("draws", "draws per second of chains on all cores beside a plain eager PyTorch loop (Debian's python3-torch)", SamplingBenchmarks.Draws),
        new("samplers", "effective draws of every sampler per gradient and per second, beside SGLD at its best step, on three networks (needs ../shared/data; tens of minutes)", setting => SamplerBenchmarks.Run(setting, SamplerBenchmarks.All)),
        new("samplers-mlp", "the same on the MNIST MLP alone (minutes)", setting => SamplerBenchmarks.Run(setting, ["mlp"])),
        new("samplers-resnet20", "the same on ResNet-20 alone", setting => SamplerBenchmarks.Run(setting, ["resnet20"])),
        new("samplers-torchscript", "the same on the TorchScript network alone", setting => SamplerBenchmarks.Run(setting, ["torchscript-mnist"])),
        new("retraining", "retrainings of a 784-128-10 network side by side against one after another (a minute)", RetrainingBenchmark.Run),
        new("tokens", "losses of tokens against the bare forward pass, the room of their traces, and the text page on a million traced tokens: shading what is in view, ranking the corpus (1.6 GB in the temporary folder)", TokenBenchmark.Run),
        new("correlate", "scores from a trace against reading the trace once", CorrelationBenchmark.Run),
    ];

    private readonly Argument<string[]> _names = new("NAMES")
    {
        Description = $"Which to run: {string.Join("; ", All.Select(each => $"{each.Name} ({each.Description})"))}. scaling (time and memory of BIF and EK-FAC over sizes of models, by itself). All but those of samplers, tokens and scaling if none is named.",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
    };

    private readonly Setting<double> _seconds = Setting.Number("--seconds", "Seconds that each measurement lasts.", 3, Interval.Above(0));
    private readonly Setting<string?> _out = Setting.Text("--out", "DIR", "scaling: where scaling.json, .csv, .svg and .png go; the same line goes on there.", Scaling);
    private readonly Setting<string[]> _families = Setting.Repeatable("--families", "language|convolutional", "scaling: families of sizes.", "both");
    private readonly Setting<int> _largest = Setting.Count("--sizes", "scaling: sizes of each family to try at most, from the smallest; there are 7.", 5, 1);
    private readonly Setting<int> _items = Setting.Count("--items", "scaling: n, training items.", 64, 8);
    private readonly Setting<int> _queries = Setting.Count("--queries", "scaling: q, queries.", 8, 1);
    private readonly Setting<int> _draws = Setting.Count("--effective-draws", "scaling: the quality that BIF is held to, effective draws behind a score; a correlation's standard error is at most one over their root.", 100, 20);
    private readonly Setting<double> _minutes = Setting.Number("--most-minutes", "scaling: time after which a size counts as too large.", 10, Interval.Above(0));
    private readonly Setting<long?> _memory = Setting.Parsed("--most-memory", "BYTES", "scaling: memory (12GiB) at which a size counts as too large.", "80 % of what is free", "a size such as 12GiB", Quantity.ReadBytes);
    private readonly Setting<string?> _device = Setting.Text("--device", "cpu|cuda:N", "scaling and samplers: where to compute.", "cpu");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per row on stdout.");

    /// <summary>Declares the options.</summary>
    public BenchCommand() : base("bench", "Measure ratios on this machine.")
    {
        Arguments.Add(_names);
        foreach (var option in (Option[])[_seconds, _out, _families, _largest, _items, _queries, _draws, _minutes, _memory, _device, _json])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif bench step losses", "Two of the measurements."),
        new("bif bench scaling --out scaling --sizes 4", "Time and peak memory of BIF and EK-FAC over four sizes of two families, as a figure and a table."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var names = arguments.GetValue(_names) ?? [];
        if (names.Contains(Scaling))
        {
            return names.Length == 1 ? RunScaling(arguments, output) : throw new InputException("bench scaling takes the machine for itself: name it alone.");
        }

        if (names.FirstOrDefault(name => All.All(each => each.Name != name)) is { } unknown)
        {
            throw new InputException($"There is no benchmark \"{unknown}\": choose from {string.Join(", ", All.Select(each => each.Name).Append(Scaling))}.");
        }

        var wanted = All.Where(each => names.Length == 0 ? each.Name is not "tokens" && !each.Name.StartsWith("samplers", StringComparison.Ordinal) : names.Contains(each.Name));
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: what was measured follows."));
        var setting = new BenchmarkSetting(arguments.GetValue(_seconds), arguments.GetValue(_device) ?? "cpu", output.Messages.WriteLine, interruption.Token);
        var asJson = arguments.GetValue(_json);
        var table = new Table().Border(TableBorder.Simple).AddColumns("measured", "value", "yardstick", "ratio", "unit", "target");
        try
        {
            foreach (var row in wanted.SelectMany(each => each.Run(setting)))
            {
                string[] cells =
                [
                    row.Name, $"{row.Value:G4}", row.Yardstick is { } yardstick ? $"{yardstick:G4}" : "not there", row.Ratio is { } ratio ? $"{ratio:F2}" : "", row.Unit, row.Target,
                ];
                table.AddRow([.. cells.Select(Markup.Escape)]);
                if (asJson)
                {
                    output.Json(row);
                }
                else
                {
                    output.Messages.WriteLine($"{cells[0]}: {cells[1]} {cells[4]}, yardstick {cells[2]}{(cells[3].Length > 0 ? $", ratio {cells[3]}" : "")}");
                }

                if (interruption.Token.IsCancellationRequested)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            // The rows so far are whole.
        }

        if (!asJson)
        {
            output.Screen.Write(table);
        }

        return interruption.Token.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private int RunScaling(ParseResult arguments, Output output)
    {
        var families = arguments.GetValue(_families) is { Length: > 0 } given ? given : [ScalingModel.Language, ScalingModel.Convolutional];
        if (families.FirstOrDefault(family => ScalingModel.All.All(each => each.Family != family)) is { } unknown)
        {
            throw new InputException($"--families \"{unknown}\" is not known: choose {ScalingModel.Language} or {ScalingModel.Convolutional}.");
        }

        var task = new ScalingTask(arguments.GetValue(_items), arguments.GetValue(_queries), arguments.GetValue(_draws), arguments.GetValue(_device) ?? "cpu");
        var most = arguments.GetValue(_memory) ?? (long)(0.8 * HostMemory.AvailableBytes);
        var folder = arguments.GetValue(_out) ?? Scaling;
        var benchmark = new ScalingBenchmark(folder, task, new MeasuredProcess(most, TimeSpan.FromMinutes(arguments.GetValue(_minutes))), output.Messages.WriteLine);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: the sizes that are done are kept; the same line goes on."));
        IReadOnlyList<ScalingRow> rows;
        try
        {
            rows = benchmark.Run(families, arguments.GetValue(_largest), interruption.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("family", "size", "parameters", "method", "seconds", "peak memory", "on the GPU", "effective draws");
        foreach (var row in rows)
        {
            if (arguments.GetValue(_json))
            {
                output.Json(row);
            }

            table.AddRow(
                row.Family, row.Size, row.Parameters is { } parameters ? $"{parameters:N0}" : "", row.Method, row.Seconds is { } seconds ? Quantity.Significant(seconds) : Markup.Escape(row.Missing ?? ""),
                row.PeakBytes is { } peak ? Quantity.Bytes(peak) : "", row.DevicePeakBytes is { } device ? Quantity.Bytes(device) : "", row.MeasuredDraws is { } draws ? $"{draws:N0}" : "");
        }

        if (!arguments.GetValue(_json))
        {
            output.Screen.Write(table);
            output.Results.WriteLine(
                $"Random weights, {task.Items} items and {task.Queries} queries; BIF with {string.Join(' ', benchmark.Sampling)}: at least {task.EffectiveDraws} effective draws behind each score. Every row is a process of its own, without loading program and model.");
            output.Results.WriteLine($"In {Path.GetFullPath(folder)}: scaling.json, scaling.csv, scaling.svg, scaling.png.");
        }

        return interruption.Token.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static IEnumerable<BenchmarkRow> Step(double seconds)
    {
        TorchSharp.torch.set_num_threads(Environment.ProcessorCount);
        var (step, copy) = LangevinBenchmark.Measure(1 << 24, 15);
        yield return new BenchmarkRow("SGLD step, 16.8 M parameters", step * 1000, copy * 1000, "ms", "at most 1.5 copies of its three vectors");
    }
}
