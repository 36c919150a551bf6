using System.Text.Json.Nodes;
using Bif.Engine.Arrays;
using Bif.Engine.Baselines;
using Bif.Engine.Runs;
using Bif.Engine.Tests.Retraining;
using Bif.Engine.Training;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>
/// Logistic regression, whose loss is not quadratic but whose Hessian is the Gauss-Newton matrix: with falling temperature at one
/// damping, the covariance of the draws becomes the exact damped influence.
/// </summary>
public sealed class TemperatureTests
{
    private const double Damping = 0.01;

    [Fact]
    public void As_the_temperature_falls_BIF_tends_to_the_exact_damped_influence()
    {
        using var tiny = new TinyClassification();
        Trainer.Run(
            new TrainingSpec
            {
                Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray() }, Data = tiny.Data, Out = tiny.At("logistic"),
                Epochs = 200, Batch = 60, LearningRate = 0.3, WeightDecay = 1e-3, Schedule = "constant", Threads = 1,
            },
            null,
            CancellationToken.None);
        var (hot, warm, cold) = (Compare(tiny, 20), Compare(tiny, 200), Compare(tiny, 20_000));
        var all = $"hot {hot}, warm {warm}, cold {cold}";

        // The distance of the scores from the influence that they tend to, in units of that influence.
        Assert.True(hot.Distance > 2 * warm.Distance && warm.Distance > cold.Distance + 0.05, all);
        Assert.True(cold.Distance < 0.1, all);
        Assert.InRange(cold.Slope, 0.95, 1.05);
    }

    private static (double Distance, double Slope) Compare(TinyClassification tiny, double nbeta)
    {
        var folder = tiny.At(FormattableString.Invariant($"run-{nbeta}"));
        AttributionRun.Execute(
            new RunSpec
            {
                Model = tiny.At("logistic"), Data = tiny.Data, Queries = tiny.Queries, Sampler = "baoab", Preconditioner = "kfac", Nbeta = nbeta, Gamma = Damping * nbeta,
                Centered = true, Chains = 4, Draws = 4000, Threads = 2,
            },
            folder, resume: false, null, CancellationToken.None);
        using var comparison = new MethodComparison(RunDirectory.Open(folder), new MethodOptions(), 1);
        comparison.Compute("exact", null, default);
        var (bif, exact) = (TestProblem.Scores(folder, "bif").Values, NpyFile.Read<float>(Path.Combine(comparison.Folder, "exact.npy")).Values);
        double Sum(Func<int, double> of) => Enumerable.Range(0, bif.Length).Sum(of);
        var size = Sum(place => exact[place] * (double)exact[place]);
        return (Math.Sqrt(Sum(place => Math.Pow(bif[place] - exact[place], 2)) / size), Sum(place => bif[place] * (double)exact[place]) / size);
    }
}
