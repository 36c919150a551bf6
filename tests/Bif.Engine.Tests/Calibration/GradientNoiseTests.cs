using Bif.Engine.Calibration;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Engine.Tests.Runs;
using Xunit;

namespace Bif.Engine.Tests.Calibration;

/// <summary>The temperature that mini-batches add.</summary>
public sealed class GradientNoiseTests
{
    [Fact]
    public void The_variance_of_a_chain_grows_by_the_temperature_that_is_stated()
    {
        // One direction: L = w²/2, slopes of the 20 items at w* spread around 0, mini-batches of 4 without replacement.
        var random = new Random(3);
        double[] slopes = [.. Enumerable.Range(0, 20).Select(item => (item % 2 == 0 ? 1 : -1) * (1.0 + (item / 4)))];
        var variance = slopes.Average(slope => slope * slope);
        var settings = new SamplerSettings("sgld", 0.005, 8, 2, 4, 1, 1, 0, 1, 0);
        var added = GradientNoise.AddedTemperature(settings, variance, 1, 20);
        Assert.InRange(added, 0.1, 0.3);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var (w, squares, steps) = (0.0, 0.0, 3_000_000);
        for (var step = 0; step < steps; step++)
        {
            var noise = Enumerable.Range(0, 4).Sum(place =>
            {
                var other = random.Next(place, 20);
                (slopes[place], slopes[other]) = (slopes[other], slopes[place]);
                return slopes[place];
            });
            w += (-settings.Epsilon / 2 * ((settings.Nbeta * (w + (noise / 4))) + (settings.Gamma * w))) + (Math.Sqrt(settings.Epsilon) * Normal());
            squares += w * w;
        }

        // 1/k, the discretisation's 1/(1 − εk/4), and sampling without replacement's (n−1)/n in the estimate of the spread.
        var expected = 0.1 / (1 - (settings.Epsilon * 10 / 4)) * (1 + (added * 20 / 19));
        Assert.Equal(expected, squares / steps, 0.03 * expected);
    }

    [Fact]
    public void Full_batches_add_none_and_swamping_batches_are_refused_with_advice()
    {
        Assert.Equal(0, GradientNoise.AddedTemperature(new("sgld", 1, 1e6, 1, 0, 1, 1, 0, 1, 0), 1, 1, 100));
        using var problem = TestProblem.Random(3);
        var spec = problem.Spec() with { Sampler = "sgld", Epsilon = 1e-4, Nbeta = 3000, Gamma = 5, Batch = 1, Chains = 1, Draws = 20 };
        var error = Assert.Throws<InputException>(() => problem.Run("run", spec));
        Assert.Contains("--batch", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(problem.At("run")));
        var run = problem.Run("milder", spec with { Nbeta = 40, Batch = 20 });
        var record = RunDirectory.Open(run).ReadRecord();
        Assert.Contains("mini-batches of 20 add", record.SettingsReasons.Single(), StringComparison.Ordinal);
        Assert.InRange(record.AddedTemperature!.Value, 1e-6, GradientNoise.Noticeable);
    }

    [Fact]
    public void Inertial_chains_with_swamping_batches_are_refused_too()
    {
        using var problem = TestProblem.Random(3);
        var spec = problem.Spec() with { Sampler = "baoab", Preconditioner = "diagonal", Epsilon = 0.5, Nbeta = 3000, Gamma = 5, Batch = 1, Chains = 1, Draws = 20 };
        Assert.Contains("--batch", Assert.Throws<InputException>(() => problem.Run("run", spec)).Message, StringComparison.Ordinal);
        Assert.Contains("--batch", Assert.Throws<InputException>(() => problem.Run("run", spec with { Preconditioner = "none", Epsilon = 0.02, Friction = 1 })).Message, StringComparison.Ordinal);

        // Beyond the limit h·ω = 2 the chain diverges, which says more.
        Assert.Equal("diverged", RunDirectory.Open(problem.Run("unstable", spec with { Preconditioner = "none", Epsilon = 1, Draws = 400 })).ReadRecord().State);
    }

    [Fact]
    public void The_scale_of_rmsprop_is_that_of_its_second_moment_along_the_direction()
    {
        // At the fit's weights gradients are small beside e = 0.1 only on average: those of one item are not.
        using var problem = TestProblem.Random(3);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var model = Bif.Engine.Models.Model.Load(problem.Model, TorchSharp.torch.CPU);
        var selection = Bif.Engine.Models.ParameterSelection.Matching(model.Layout, []);
        using var data = Bif.Engine.Data.DatasetLoader.Open(problem.Spec().Data, model.Input, model.TargetKind);
        using var feed = new Bif.Engine.Data.DataFeed(data, model.Input, TorchSharp.torch.CPU);
        var direction = TorchSharp.torch.tensor(new float[] { 0, 2, 0 });
        double[] slopes = [.. problem.Inputs.Zip(problem.Targets, (x, y) => x[1] * (x.Zip(problem.Weights, (a, b) => a * b).Sum() - y))];
        var (mean, squares) = (slopes.Average(), slopes.Average(slope => slope * slope));
        Assert.Equal(squares - (mean * mean), GradientNoise.SlopeVariance(model, selection, model.Parameters, feed, direction), 1e-4 * squares);
        foreach (var batch in new[] { 1, 8 })
        {
            var moment = (mean * mean) + ((squares - (mean * mean)) * (1 - (batch / 40.0)) / batch);
            Assert.Equal(1 / (Math.Sqrt(moment) + 0.1), GradientNoise.RmspropScale(model, selection, model.Parameters, feed, direction, batch, 0.1), 1e-3);
        }
    }
}
