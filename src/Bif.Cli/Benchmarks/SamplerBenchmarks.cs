using System.Text.Json.Nodes;
using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Cli.Benchmarks;

/// <summary>
/// Effective draws of each sampler at one target, per second and per gradient of all items (or per draw, where draws take no
/// gradient). The target is that to which chains in the first of the coordinates are calibrated; SGLD and RMSprop-SGLD get the step, of several, at which they are worth most without diverging.
/// Effective draws are those of products of an item's and a query's loss, which is what a covariance averages.
/// </summary>
internal static class SamplerBenchmarks
{
    private const int Chains = 4;
    private const int MostBurnIn = 200;

    /// <summary>The networks.</summary>
    public static IReadOnlyList<string> All { get; } = ["mlp", "resnet20", "torchscript-mnist"];

    /// <summary>Rows for the networks asked for whose data is beside the project, each as soon as it is known.</summary>
    /// <param name="setting">Its seconds are what a way may take, about.</param>
    /// <param name="networks">Which of <see cref="All"/>.</param>
    public static IEnumerable<BenchmarkRow> Run(BenchmarkSetting setting, IReadOnlyList<string> networks)
    {
        var folder = Directory.CreateTempSubdirectory("bif-bench-").FullName;
        try
        {
            foreach (var row in Networks(folder, setting, networks))
            {
                yield return row;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<BenchmarkRow> Networks(string folder, BenchmarkSetting setting, IReadOnlyList<string> wanted)
    {
        var shared = Path.Combine(Directory.GetCurrentDirectory(), "..", "shared", "data");
        string Data(string name) => Path.Combine(shared, name);
        if (!Directory.Exists(Data("mnist")) || !Directory.Exists(Data("cifar10")))
        {
            throw new InputException($"bench samplers needs the datasets mnist and cifar10 in {Path.GetFullPath(shared)}.");
        }

        var mlp = Path.Combine(folder, "mlp");
        if (wanted.Contains("mlp"))
        {
            setting.Stage("mlp: training it");
            Trainer.Run(
                new TrainingSpec
                {
                    Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(128), ["num_labels"] = 10 },
                    Data = Data("mnist") + "@train[0:1000]", Out = mlp, Epochs = 60, Batch = 50, Schedule = "linear", WeightDecay = 1e-3,
                },
                _ => { },
                setting.Cancellation);
        }

        var problems = new (string Name, RunSpec Spec, (string Sampler, string Preconditioner)[] Ways)[]
        {
            ("mlp, MNIST, n = 1,000", Spec(mlp, Data("mnist"), 1000, 100), [("baoab", "kfac"), ("baoab", "lowrank"), ("baoab", "diagonal"), ("baoab", "none"), ("laplace", "lowrank"), ("laplace", "kfac")]),
            ("resnet20, CIFAR-10, n = 256", Spec(Data("resnet20-cifar10"), Data("cifar10"), 256, 16), [("baoab", "kfac"), ("laplace", "lowrank"), ("laplace", "kfac")]),
            ("torchscript-mnist, n = 500", Spec(Data("torchscript-mnist"), Data("mnist"), 500, 50), [("baoab", "diagonal"), ("baoab", "none"), ("laplace", "lowrank"), ("laplace", "diagonal")]),
        };
        foreach (var (name, spec, ways) in problems.Where(problem => wanted.Contains(problem.Name.Split(',')[0]) && Directory.Exists(problem.Spec.Model)))
        {
            foreach (var row in Compare(name, spec with { Device = setting.Device }, ways, Path.Combine(folder, $"{Guid.NewGuid():N}"), setting))
            {
                yield return row;
            }
        }
    }

    private static RunSpec Spec(string model, string data, int items, int queries)
        => new() { Model = model, Data = $"{data}@train[0:{items}]", Queries = $"{data}@test[0:{queries}]", Chains = Chains };

    private static IEnumerable<BenchmarkRow> Compare(
        string name, RunSpec spec, (string Sampler, string Preconditioner)[] ways, string folder, BenchmarkSetting setting)
    {
        setting.Stage($"{name}: calibrating the target");
        var report = AttributionRun.Calibrate(spec with { Sampler = "baoab", Preconditioner = ways[0].Preconditioner }, null);
        var target = report.Settings;
        var draws = (int)Math.Clamp(10 * setting.Seconds / report.SecondsPerDraw / 2, 24, 1000);

        // As long again as the draws, where steps are dear: else the burn-in alone would take most of an hour.
        var burnIn = Math.Min(MostBurnIn, draws);
        var same = spec with { Nbeta = target.Nbeta, Gamma = target.Gamma, Centered = target.Centered, Draws = draws };

        // The steepest direction bounds the step of SGLD: 4/k is where it diverges, k the precision there.
        setting.Stage($"{name}: finding the steepest direction");
        setting.Cancellation.ThrowIfCancellationRequested();
        var plain = AttributionRun.Calibrate(same with { Sampler = "baoab", Preconditioner = "none" }, null).Settings.Epsilon;
        var steepest = 1.6 * 1.6 / (plain * plain);

        // A run that diverges or cannot be judged is worth nothing.
        Worth Measure(string way, RunSpec run)
        {
            setting.Stage($"{name}: {way}, {run.Draws:N0} draws × {Chains}{(run.BurnIn is { } steps ? $" after {steps:N0} steps" : "")}");
            var place = Path.Combine(folder, $"{Guid.NewGuid():N}");
            AttributionRun.Execute(run, place, resume: false, null, setting.Cancellation);
            setting.Cancellation.ThrowIfCancellationRequested();
            return Worth.Of(RunDirectory.Open(place).ReadRecord());
        }

        Worth Best(string sampler, double[] factors) => factors
            .Select((factor, index) => Measure(
                $"{sampler}, step {index + 1} of {factors.Length}", same with { Sampler = sampler, Batch = 0, Epsilon = factor / steepest, BurnIn = burnIn }))
            .MaxBy(worth => worth.PerStep)!;

        // First, so that every row is complete when it comes.
        var yardstick = Best("sgld", [1, 2, 3]);
        IEnumerable<BenchmarkRow> Rows(string way, Worth worth) =>
        [
            new($"{name}: {way} ({draws:N0} draws × {Chains}{worth.Failure}), per 1,000 steps", 1000 * worth.PerStep, 1000 * yardstick.PerStep, "effective draws", way != "laplace lowrank" ? "" : name.StartsWith("mlp", StringComparison.Ordinal) ? "the default here: at least 20 times SGLD" : "the default here"),
            new($"{name}: {way}, per second", worth.PerSecond, yardstick.PerSecond, "effective draws/s", ""),
        ];
        IEnumerable<(string Way, Worth Worth)> Measured()
        {
            yield return ("sgld, best step", yardstick);
            foreach (var (sampler, preconditioner) in ways)
            {
                var way = $"{sampler} {preconditioner}";
                yield return (way, Measure(way, same with
                {
                    Sampler = sampler,
                    Preconditioner = preconditioner,
                    Epsilon = (sampler, preconditioner) == ("baoab", ways[0].Preconditioner) ? target.Epsilon : null,
                    Centered = same.Centered && sampler == "baoab",
                }));
            }

            yield return ("rmsprop, best step", Best("rmsprop", [0.03, 0.1, 0.3]));
        }

        return Measured().SelectMany(each => Rows(each.Way, each.Worth));
    }

    private sealed record Worth(double PerStep, double PerSecond, string Failure)
    {
        public static Worth Of(RunRecord record)
        {
            var (effective, failure) = record switch
            {
                { Verdict.Name: "diverged" } => (0.0, $"; {record.Verdict.Reason}"),
                { EffectiveDraws: { } draws } => (draws, ""),
                _ => (0.0, "; effective draws unknown"),
            };
            var steps = record.Settings.Steps * (double)record.Settings.Chains;

            // A control variate is made after the draws, and is a part of what they cost.
            return new Worth(effective / steps, effective / (record.Timings!.SamplingSeconds + record.Timings.EstimatingSeconds), failure);
        }
    }
}
