using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>What was measured about a model on this machine.</summary>
/// <param name="EvaluationBatch">Items per forward pass with the best throughput.</param>
/// <param name="EvaluationRate">Items per second at it.</param>
/// <param name="GradientPiece">Items per forward and backward pass with the best throughput.</param>
/// <param name="GradientRate">Items per second at it.</param>
/// <param name="Layout">The layout of pictures in which both are; null for other items.</param>
internal sealed record BatchTuning(int EvaluationBatch, double EvaluationRate, int GradientPiece, double GradientRate, ImageLayout? Layout);

/// <summary>
/// Finds the fastest batch sizes and the fastest layout of pictures by trying them, within a budget of memory, and keeps the answer per model shape and
/// machine: runs of one spec on one machine then work in the same pieces, and round alike.
/// </summary>
internal static class BatchTuner
{
    private const long MemoryBudget = 128L << 20;
    private const long DeviceMemoryBudget = 4L << 30;
    // Raised when passes change their speed or memory, so that what was measured before is measured again.
    private const int Generation = 5;
    private const double LayoutGain = 1.05;
    private static readonly int[] Candidates = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    // A processor's caches hold no more; a GPU wants thousands at a time.
    private const int MostOnCpu = 1024;

    /// <summary>Measures, or recalls, the best batch sizes for the calling thread's number of threads.</summary>
    public static BatchTuning Tune(Model model, DataFeed feed, ExecutionPlan limits, ScalarType precision = ScalarType.Float32)
    {
        var file = CacheFile(model, feed, limits, precision);
        if (Recall(file) is { } known)
        {
            return known;
        }

        set_num_threads(limits.ThreadsPerChain);
        using var scope = NewDisposeScope();
        var vector = model.Parameters.clone();
        var meter = new MemoryMeter(vector.device, limits.ConcurrentChains);
        var gradient = zeros_like(vector);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), vector, gradient, precision);
        var before = feed.Layout;
        var ((batch, rate), evaluationPlanes) = BestLayout(feed, meter, Most(model, feed), planes => new ImageLayout(planes, false), count =>
        {
            using var inner = NewDisposeScope();
            using var inference = inference_mode();
            _ = model.Losses(weights, feed.Dearest(count));
            DeviceStream.Finish(vector.device);
        });
        var ((piece, gradientRate), gradientPlanes) = BestLayout(feed, meter, Most(model, feed), planes => new ImageLayout(false, planes), count =>
        {
            using var inner = NewDisposeScope();
            model.Losses(weights, feed.Dearest(count)).sum().backward();
            DeviceStream.Finish(vector.device);
        });
        feed.Layout = before;
        var tuning = new BatchTuning(batch, rate, piece, gradientRate, feed.HasPictures ? new ImageLayout(evaluationPlanes, gradientPlanes) : null);
        Remember(file, tuning);
        return tuning;
    }

    // The most items that are tried at a time.
    private static int Most(Model model, DataFeed feed) => Math.Min(feed.Count, model.Parameters.device_type == TorchSharp.DeviceType.CPU ? MostOnCpu : Candidates[^1]);

    // Channels last where planes are not clearly faster.
    private static ((int Batch, double Rate) Best, bool Planes) BestLayout(DataFeed feed, MemoryMeter meter, int most, Func<bool, ImageLayout> layout, Action<int> pass)
    {
        feed.Layout = layout(false);
        var usual = Best(most, meter, pass);
        if (!feed.HasPictures)
        {
            return (usual, false);
        }

        feed.Layout = layout(true);
        var planes = Best(most, meter, pass);
        return planes.Rate > LayoutGain * usual.Rate ? (planes, true) : (usual, false);
    }

    private static (int Batch, double Rate) Best(int most, MemoryMeter meter, Action<int> pass)
    {
        var best = (Batch: 1, Rate: 0.0);
        var disappointments = 0;
        pass(1);

        // What one item takes cannot be helped: of large models most of it is the weights' own gradient.
        var least = meter.Bytes(() => pass(1));
        var eachItem = 0.0;
        foreach (var candidate in Candidates.Where(candidate => candidate <= most).DefaultIfEmpty(most))
        {
            // Memory grows with the items: what would take too much is not tried.
            if (eachItem * (candidate - 1) > meter.Budget)
            {
                break;
            }

            if (candidate > 1)
            {
                var more = meter.Bytes(() => pass(candidate)) - least;
                if (more > meter.Budget)
                {
                    break;
                }

                eachItem = Math.Max(0, more) / (candidate - 1.0);
            }

            var rate = Rate(candidate, pass);
            disappointments = rate > best.Rate * 1.03 ? 0 : disappointments + 1;
            best = disappointments == 0 ? (candidate, rate) : best;
            if (disappointments == 2)
            {
                break;
            }
        }

        ProcessMemory.EndStage();
        return best;
    }

    private static double Rate(int count, Action<int> pass)
    {
        var best = 0.0;
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < 3 || clock.ElapsedMilliseconds < 60; round++)
        {
            var start = Stopwatch.GetTimestamp();
            pass(count);
            best = Math.Max(best, count / Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (clock.ElapsedMilliseconds > 500)
            {
                break;
            }
        }

        return best;
    }

    // What a pass takes beside what is there: of the process's memory, or of a GPU's own, where that can be told.
    private sealed class MemoryMeter(Device device, int chains)
    {
        private readonly bool _onCpu = device.type == TorchSharp.DeviceType.CPU;

        /// <summary>What a pass of one of the chains may take.</summary>
        public long Budget => (_onCpu ? MemoryBudget : DeviceMemoryBudget) / chains;

        /// <summary>What a pass takes; 0 where that cannot be told.</summary>
        public long Bytes(Action pass)
        {
            if (!_onCpu)
            {
                var current = ProcessMemory.Cuda(device.index, resetPeak: true)?.CurrentBytes;
                pass();
                return ProcessMemory.Cuda(device.index)?.PeakBytes - current ?? 0;
            }

            // What earlier candidates left in the heap would hide what this one needs.
            ProcessMemory.ReleaseFreePages();
            var before = ProcessMemory.CurrentBytes;
            var canReset = ProcessMemory.TryResetPeak();
            pass();
            return canReset ? ProcessMemory.PeakBytes - before : 0;
        }
    }

    private static string CacheFile(Model model, DataFeed feed, ExecutionPlan limits, ScalarType precision)
    {
        var shapes = string.Join(';', model.Layout.Parameters.Select(each => $"{each.Name}:{string.Join(',', each.Shape)}"));
        using var scope = NewDisposeScope();
        var key = $"{Generation}|{model.Config.ModelType}|{shapes}|{string.Join(',', feed.Dearest(1).Inputs.shape)}|{Most(model, feed)}|{feed.IsResident}"
            + $"|{limits.ConcurrentChains}x{limits.ThreadsPerChain}|{model.Parameters.device}|{TorchLibrary.Version}|{Environment.MachineName}"
            + (precision == ScalarType.Float32 ? backends.cuda.matmul.allow_tf32 ? "|tf32" : "" : $"|{precision}");
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24];
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(root, "bif", "batches", name + ".json");
    }

    private static BatchTuning? Recall(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<BatchTuning>(File.ReadAllText(file)) : null;
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A cache that cannot be written costs time at the next run, nothing else.
    private static void Remember(string file, BatchTuning tuning)
    {
        try
        {
            RunDirectory.Replace(file, JsonSerializer.Serialize(tuning));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
