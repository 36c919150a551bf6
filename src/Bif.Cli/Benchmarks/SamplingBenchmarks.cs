using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using Bif.Engine.Training;
using Bif.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Cli.Benchmarks;

/// <summary>Loss evaluation against the bare forward pass, and draws per second beside a plain eager loop, on synthetic items.</summary>
internal static class SamplingBenchmarks
{
    private const int Queries = 100;

    /// <summary>Losses per second as a share of the bare forward pass of the same network at its best batch size.</summary>
    public static IEnumerable<BenchmarkRow> Losses(double seconds)
    {
        foreach (var (name, config, shape) in Networks())
        {
            using var setting = new Setting(config, shape, 1024);
            int[] batches = [32, 64, 128, 256, 512, 1024];
            var best = batches.MaxBy(batch => setting.ForwardRate(batch, seconds / 8));
            var own = batches.MaxBy(batch => setting.LossRate(batch, seconds / 8));
            var forward = new List<double>();
            var losses = new List<double>();
            for (var round = 0; round < 5; round++)
            {
                forward.Add(setting.ForwardRate(best, seconds / 5));
                losses.Add(setting.LossRate(own, seconds / 5));
            }

            yield return new BenchmarkRow($"{name}: losses", Median(losses), Median(forward), "items/s", "at least 0.90 of the bare forward pass");
        }
    }

    /// <summary>Draws per second of a run's chains beside the eager loop in Python, where that is there.</summary>
    public static IEnumerable<BenchmarkRow> Draws(double seconds)
    {
        foreach (var (name, config, shape) in Networks())
        {
            var (items, batch, target) = name == "mlp" ? (1000, 1000, "at least 2 times the eager loop") : (6000, 128, "at least 1.2 times the eager loop");
            // Short ones alternate, since a noisy neighbour may slow either side for a second.
            var rounds = name == "mlp" ? 5 : 1;
            var own = new List<double>();
            var eager = new List<double?>();
            for (var round = 0; round < rounds; round++)
            {
                using (var setting = new Setting(config, shape, items))
                {
                    own.Add(setting.DrawRate(batch, seconds));
                }

                eager.Add(Eager(name, items, batch, 1, seconds));
            }

            yield return new BenchmarkRow(
                $"{name}: draws, n = {items:N0}, batch {batch}", Median(own), eager.Contains(null) ? null : Median([.. eager.Select(rate => rate!.Value)]), "draws/s", target);
        }
    }

    /// <summary>
    /// Draws and matrix products of a device per second, beside the eager loop of the same PyTorch in the same precision; on a GPU
    /// in float32 and in TF32. For ResNet-9 the operations of its passes too, beside the matrix rate.
    /// </summary>
    public static IEnumerable<BenchmarkRow> Throughput(string device, string python, double seconds)
    {
        const int Items = 6000, Batch = 128;
        var place = new Device(device);
        foreach (var precision in place.type == DeviceType.CPU ? new[] { "float32" } : ["float32", "tf32"])
        {
            TorchLibrary.AllowTf32(precision == "tf32");
            var label = place.type == DeviceType.CPU ? "" : $", {precision}";
            var matrix = TorchLibrary.MatrixRate(place);
            yield return new BenchmarkRow($"matrix product{label}", matrix, Eager("matrix", 0, 0, 0, seconds, python, device, precision), "GFLOP/s", "");
            foreach (var (name, config, shape) in Networks().Skip(1).Append(ResNet9))
            {
                double own;
                using (var setting = new Setting(config, shape, Items, place))
                {
                    own = setting.DrawRate(Batch, seconds);
                }

                yield return new BenchmarkRow(
                    $"{name}: draws, n = {Items:N0}, batch {Batch}{label}", own, Eager(name, Items, Batch, 1, seconds, python, device, precision), "draws/s", "");
                if (name == "resnet9")
                {
                    yield return new BenchmarkRow($"{name}: operations of its passes, beside the matrix product's{label}", own * DrawOperations(Items, Batch) / 1e9, matrix, "GFLOP/s", "");
                }
            }
        }

        TorchLibrary.AllowTf32(false);
    }

    // Multiplications and additions of ResNet-9's convolutions at 32 × 32 pixels (kernel² · inputs · outputs · positions); a gradient takes three forward passes' worth.
    private static double DrawOperations(int items, int batch)
    {
        double[] products =
        [
            9.0 * 3 * 64 * 1024, 25.0 * 64 * 128 * 256, 2 * 9.0 * 128 * 128 * 256, 9.0 * 128 * 256 * 256, 2 * 9.0 * 256 * 256 * 64, 9.0 * 256 * 128 * 36,
        ];
        return 2 * products.Sum() * (items + Queries + (3 * batch));
    }

    private static (string Name, JsonObject Config, long[] Shape) ResNet9 => ("resnet9", new JsonObject { ["model_type"] = "resnet9" }, [3, 32, 32]);

    private static IEnumerable<(string Name, JsonObject Config, long[] Shape)> Networks() =>
    [
        ("mlp", new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(128), ["num_labels"] = 10, ["input_size"] = 784 }, [1, 28, 28]),
        ("resnet20", new JsonObject { ["model_type"] = "cifar_resnet", ["depth"] = 20 }, [3, 32, 32]),
    ];

    // The peer's figure, or null where Python with PyTorch or the script is missing.
    private static double? Eager(string name, int items, int batch, int thin, double seconds, string python = "/usr/bin/python3", string device = "cpu", string precision = "float32")
    {
        var script = Path.Combine(Directory.GetCurrentDirectory(), "bench", "peers", "eager_loop.py");
        if (!File.Exists(script) || !File.Exists(python))
        {
            return null;
        }

        string[] arguments = [script, name, $"{items}", $"{Queries}", $"{batch}", $"{thin}", seconds.ToString(CultureInfo.InvariantCulture), $"{Environment.ProcessorCount}", device, precision];
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (TorchLibrary.OpenBlasCore is { } core)
        {
            // The same kernels for both: what is compared is the loops, not OpenBLAS's guess about the processor.
            start.Environment["OPENBLAS_CORETYPE"] = core;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        errors.Wait();
        return process.ExitCode == 0 ? JsonDocument.Parse(output).RootElement.GetProperty("rate").GetDouble() : null;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    // A network with new weights on random pixels.
    private sealed class Setting : IDisposable
    {
        private readonly Model _model;
        private readonly Dataset _data;
        private readonly DataFeed _feed;
        private readonly Dataset _queryData;
        private readonly DataFeed _queries;
        private readonly Tensor _vector;

        public Setting(JsonObject config, long[] shape, int items, Device? device = null)
        {
            set_num_threads(Environment.ProcessorCount);
            (_model, _data) = SyntheticProblem.Create(config, shape, items, device);
            _feed = new DataFeed(_data, null, device ?? CPU);
            var (other, queries) = SyntheticProblem.Create(config, shape, Queries, device);
            other.Dispose();
            _queryData = queries;
            _queries = new DataFeed(_queryData, null, device ?? CPU);
            _vector = _model.Parameters.clone();
        }

        // Over the items one after another, as a loss evaluation goes: a batch that stays in the cache is another task.
        public double ForwardRate(int batch, double seconds)
        {
            using var weights = _model.Bind(ParameterSelection.All(_model.Layout), _vector, null);
            using var inference = inference_mode();
            return Rate(_feed.Count, seconds, () =>
            {
                for (var start = 0; start < _feed.Count; start += batch)
                {
                    using var scope = NewDisposeScope();
                    _model.Architecture.Forward(weights, _feed.Range(start, batch).Inputs);
                }
            });
        }

        public double LossRate(int batch, double seconds)
        {
            using var weights = _model.Bind(ParameterSelection.All(_model.Layout), _vector, null);
            var losses = new float[_feed.Count];
            return Rate(_feed.Count, seconds, () => LossEvaluator.Evaluate(_model, weights, _feed, batch, losses));
        }

        // The chains of a run as attribute lays them out, each with its traces: one per core; on a GPU four, of a large network one.
        public double DrawRate(int batch, double seconds)
        {
            var onCpu = _vector.device_type == DeviceType.CPU;
            var chains = ExecutionPlan.ChainsAtATime(onCpu ? Environment.ProcessorCount : FamilyDefaults.UsualChains, Environment.ProcessorCount, onCpu, _vector.numel());
            set_num_threads(1);
            int[] sizes = [.. new[] { 32, 64, 128, 256, 512, 1024, _feed.Count }.Where(count => count <= 1024 && count <= _feed.Count).Distinct()];
            var piece = sizes.MaxBy(count => GradientRate(count, seconds / 20));
            var evaluation = onCpu ? piece : sizes.MaxBy(count => LossRate(count, seconds / 20));
            set_num_threads(Environment.ProcessorCount);
            var folder = Directory.CreateTempSubdirectory("bif-bench-").FullName;
            try
            {
                // A GPU's first draws record passes and compare them, which a run does once: their time is taken off.
                var first = onCpu ? 1 : 12;
                var pilot = DrawSeconds(chains, first, batch, evaluation, piece, Path.Combine(folder, "pilot"));
                var draws = (int)Math.Clamp(seconds * first / pilot, 1, 100_000);
                var run = DrawSeconds(chains, onCpu ? draws : first + draws, batch, evaluation, piece, Path.Combine(folder, "run"));
                return chains * draws / (onCpu ? run : run - pilot);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        private double DrawSeconds(int chains, int draws, int batch, int evaluation, int piece, string folder)
        {
            var settings = new SamplerSettings("sgld", 1e-6, 100, 1000, batch < _feed.Count ? batch : 0, chains, draws, 0, 1, 0);
            var plan = new ExecutionPlan(evaluation, piece, Math.Min(draws, 64), chains, Math.Max(1, Environment.ProcessorCount / chains));
            var store = TraceStore.Create(folder, TraceShape.ChooseBlocks(chains, draws, _feed.Count, Queries) with { DrawsPerBlock = plan.DrawsPerBlock });
            var runner = new ChainRunner(
                _model, _feed, _queries, store, settings, new NoPreconditioner(), plan, ParameterSelection.All(_model.Layout), _vector, null, Path.Combine(folder, "chains"), 1e9);
            var clock = Stopwatch.StartNew();
            ChainGroup.Run(chains, plan, _vector.device, (chain, stop) => runner.Run(chain, static (_, _, _) => { }, stop), CancellationToken.None);
            return clock.Elapsed.TotalSeconds;
        }

        private double GradientRate(int count, double seconds)
        {
            using var gradient = zeros_like(_vector);
            using var weights = _model.Bind(ParameterSelection.All(_model.Layout), _vector, gradient);
            return Rate(count, seconds, () =>
            {
                using var scope = NewDisposeScope();
                _model.Losses(weights, _feed.Range(0, count)).sum().backward();
                DeviceStream.Finish(_vector.device);
            });
        }

        public void Dispose()
        {
            _vector.Dispose();
            _feed.Dispose();
            _data.Dispose();
            _queries.Dispose();
            _queryData.Dispose();
            _model.Dispose();
        }

        private static double Rate(int count, double seconds, Action work)
        {
            work();
            var clock = Stopwatch.StartNew();
            var rounds = 0;
            while (clock.Elapsed.TotalSeconds < seconds || rounds == 0)
            {
                work();
                rounds++;
            }

            return count * rounds / clock.Elapsed.TotalSeconds;
        }
    }
}
