using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Cli.Checks;

/// <summary>The same work on a device and on the CPU, compared.</summary>
internal static class CpuAgreement
{
    /// <summary>The largest difference of two lists, as a share of the second one's largest magnitude.</summary>
    public static Answer Of(string name, float[] here, float[] cpu, double tolerance) => new(
        $"{name}: largest difference from the CPU's, relative",
        here.Zip(cpu, (a, b) => Math.Abs((double)a - b)).Max() / cpu.Max(value => Math.Abs((double)value)), 0, tolerance);

    /// <summary>
    /// Losses of a convolutional network at the checkpoint and at the draws of a short chain on all of its items, whose passes a
    /// GPU repeats from a recording after the first ones.
    /// </summary>
    public static IEnumerable<Answer> Network(string folder, Device device)
    {
        var (before, after, remarks) = Losses(Path.Combine(folder, "network-here"), device);
        var (cpuBefore, cpuAfter, _) = Losses(Path.Combine(folder, "network-cpu"), CPU);
        yield return Of("ResNet-20: losses", before, cpuBefore, 1e-4);
        yield return Of("ResNet-20: losses of the 10th of a chain's draws", after, cpuAfter, 1e-2);
        yield return new Answer("ResNet-20: " + (remarks.FirstOrDefault() ?? "passes that could not be repeated from a recording"), remarks.Count, 0, 0);
    }

    private static (float[] Before, float[] After, List<string> Remarks) Losses(string folder, Device device)
    {
        const int Draws = 10;
        var (model, data) = SyntheticProblem.Create(new JsonObject { ["model_type"] = "cifar_resnet", ["depth"] = 20 }, [3, 32, 32], 32, device);
        using var _ = model;
        using var items = data;
        using var feed = new DataFeed(data, null, device);
        var selection = ParameterSelection.All(model.Layout);
        float[] before = new float[feed.Count], after = new float[feed.Count];
        using (var weights = model.Bind(selection, model.Parameters, null))
        {
            LossEvaluator.Evaluate(model, weights, feed, 32, before);
        }

        var settings = new SamplerSettings("sgld", 1e-6, 100, 1000, 0, 1, Draws, 0, 1, 0);
        var plan = new ExecutionPlan(32, 32, Draws, 1, Environment.ProcessorCount);
        var store = TraceStore.Create(folder, TraceShape.ChooseBlocks(1, Draws, feed.Count, feed.Count) with { DrawsPerBlock = Draws });
        var remarks = new List<string>();
        var runner = new ChainRunner(
            model, feed, feed, store, settings, new NoPreconditioner(), plan, selection, model.Parameters, null, Path.Combine(folder, "chains"), 1e9)
        {
            Remark = remarks.Add,
        };
        ChainGroup.Run(1, plan, device, (chain, stop) => runner.Run(chain, static (_, _, _) => { }, stop), CancellationToken.None);
        store.ReadQuery(0, Draws - 1, 1, 0, feed.Count, after);
        return (before, after, remarks);
    }
}
