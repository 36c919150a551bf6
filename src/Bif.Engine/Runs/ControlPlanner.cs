using System.Diagnostics;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.FirstOrder;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>A control variate that is affordable.</summary>
/// <param name="Points">Points around the checkpoint whose gradients make it.</param>
/// <param name="Draws">Draws of all chains that it is made for.</param>
/// <param name="Seconds">What it is expected to take besides them.</param>
internal sealed record ControlPlan(int Points, int Draws, double Seconds);

/// <summary>
/// Finds out from a few items' gradients what a control variate would cost for a model and data on this machine, and which can be had.
/// </summary>
/// <param name="spec">What was asked for.</param>
/// <param name="model">The checkpoint.</param>
/// <param name="selection">The sampled parameters.</param>
/// <param name="center">w*.</param>
/// <param name="train">Training items.</param>
/// <param name="queryCount">Number of queries.</param>
internal sealed class ControlPlanner(RunSpec spec, Model model, ParameterSelection selection, Tensor center, DataFeed train, int queryCount)
{
    /// <summary>Draws beyond which nothing is gained: what is left to estimate needs few.</summary>
    public const int MostDraws = 1000;

    /// <summary>Sampled parameters beyond which a piece of items' gradients would not stay small.</summary>
    public const long MostParameters = 2_000_000;

    // Where the usual one takes too long: fewer points lose nothing that could be measured, fewer draws a little (docs/measurements.md). The
    // fewest draws may take longer, so that a network that only just affords them does not change its sampler from run to run.
    private const double MostSeconds = 1000;
    private const int FewPoints = 2;
    private const int LeastDraws = 100;

    // The shortest of a few timings: what else the machine does must not decide about the sampler.
    private const int Timings = 4;
    private const int ProbedItems = 8;
    private const int ProbedRows = 16;
    private ControlPlan? _plan;
    private ItemCost? _cost;

    /// <summary>The usual control variate, or the best that can be had in the time; the usual one where none can.</summary>
    public ControlPlan Plan => _plan ??= Choose();

    /// <summary>What the gradients of single items take.</summary>
    public ItemCost Cost => _cost ??= Probe();

    /// <summary>Whether a run affords one.</summary>
    public bool IsAffordable => !spec.PerToken && selection.Count <= MostParameters && Plan.Seconds <= MostSeconds;

    private ControlPlan Choose()
    {
        ControlPlan Of(int points, long draws) => new(
            points,
            (int)Math.Min(draws, int.MaxValue),
            (Cost.Seconds * FirstOrderPass.ItemGradients(selection.Count, train.Count, queryCount, draws, points, center.device))
                + (Cost.ProductSeconds * (train.Count + queryCount) * (draws + queryCount)));

        var usual = Of(ThermalGradients.UsualPoints, spec.Draws is { } each ? each * (long)(spec.Chains ?? FamilyDefaults.UsualChains) : MostDraws);
        if (usual.Seconds <= SettingsChooser.SamplingSeconds)
        {
            return usual;
        }

        var least = spec.Draws is null ? LeastDraws : usual.Draws;
        for (var draws = usual.Draws; draws >= least; draws = draws * 4 / 5)
        {
            if (Of(FewPoints, draws) is var few && few.Seconds <= SettingsChooser.SamplingSeconds)
            {
                return few;
            }
        }

        var fewest = Of(FewPoints, least);
        return fewest.Seconds <= MostSeconds ? fewest : usual;
    }

    // From a few items, as many at a time as the pass over all will take.
    private ItemCost Probe()
    {
        using var source = new GradientSource(model, selection, center, train);
        var piece = Math.Min(FirstOrderPass.Piece(center, source.HeldPerItem), train.Count);
        var pieces = Math.Max(1, Math.Min(ProbedItems, train.Count) / piece);
        using var outer = NewDisposeScope();
        var deviations = zeros([ProbedRows, center.numel()], device: center.device);

        // Seconds of the gradients, and of their products, in pieces as in the pass.
        (double Gradients, double Products) Pass(int from, int to, int together)
        {
            var (gradients, products) = (0.0, 0.0);
            for (var start = from; start < to; start += together)
            {
                using var scope = NewDisposeScope();
                var clock = Stopwatch.StartNew();
                var flat = source.Losses(train, start, together).Flat();
                DeviceStream.Finish(center.device);
                gradients += clock.Elapsed.TotalSeconds;
                clock.Restart();
                _ = deviations.matmul(flat.transpose(0, 1));
                DeviceStream.Finish(center.device);
                products += clock.Elapsed.TotalSeconds;
            }

            return (gradients, products);
        }

        Pass(0, 1, 1);
        var timings = Enumerable.Range(0, Timings).Select(_ => Pass(0, pieces * piece, piece)).ToList();
        return new ItemCost(
            timings.Min(timing => timing.Gradients) / (pieces * piece),
            timings.Min(timing => timing.Products) / (pieces * piece * ProbedRows),
            source.HasConvolutions ? source.Columns : 0);
    }

    /// <summary>What single items take.</summary>
    /// <param name="Seconds">The gradient of one item's loss.</param>
    /// <param name="ProductSeconds">Its product with one draw's deviation.</param>
    /// <param name="ConvolutionalColumns">How many values an item's output curvature is made of where layers are convolutions; else 0.</param>
    public sealed record ItemCost(double Seconds, double ProductSeconds, int ConvolutionalColumns);
}
