using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
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

    /// <summary>Losses of a convolutional network before and after a short chain on all of its items.</summary>
    public static IEnumerable<Answer> Network(Device device)
    {
        var (before, after) = Losses(device);
        var (cpuBefore, cpuAfter) = Losses(CPU);
        yield return Of("ResNet-20: losses", before, cpuBefore, 1e-4);
        yield return Of("ResNet-20: losses after 10 SGLD steps", after, cpuAfter, 1e-2);
    }

    private static (float[] Before, float[] After) Losses(Device device)
    {
        var (model, data) = SyntheticProblem.Create(new JsonObject { ["model_type"] = "cifar_resnet", ["depth"] = 20 }, [3, 32, 32], 32, device);
        using var _ = model;
        using var items = data;
        using var feed = new DataFeed(data, null, device);
        using var start = model.Parameters.clone();
        var settings = new SamplerSettings("sgld", 1e-6, 100, 1000, 0, 1, 1, 0, 1, 0);
        var sampler = SamplerCatalog.Create(settings, new NoPreconditioner());
        using var state = new ChainState(0, 0, start, sampler);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), state.Position, state.Gradient);
        var force = new LossGradient(model, weights, feed, settings.Batch, 32);
        float[] before = new float[feed.Count], after = new float[feed.Count];
        LossEvaluator.Evaluate(model, weights, feed, 32, before);
        for (; state.Step < 10; state.Step++)
        {
            force.AddTo(state);
            sampler.Move(state);
        }

        LossEvaluator.Evaluate(model, weights, feed, 32, after);
        return (before, after);
    }
}
