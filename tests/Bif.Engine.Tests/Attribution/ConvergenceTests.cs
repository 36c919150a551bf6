using Bif.Engine.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

/// <summary>Effective sample sizes, R̂ and the noise floor against known values.</summary>
public class ConvergenceTests
{
    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.5, 4)]
    [InlineData(0.9, 1)]
    [InlineData(0.9, 4)]
    public void The_effective_sample_size_of_an_AR1_process_is_known(double phi, int chains)
    {
        // (1−φ)/(1+φ) of the draws; (1−φ²)/(1+φ²) for products of two independent ones.
        double[][] x = [.. Enumerable.Range(0, chains).Select(chain => Process(phi, 40_000 / chains, 1 + chain))];
        double[][] y = [.. Enumerable.Range(0, chains).Select(chain => Process(phi, 40_000 / chains, 50 + chain))];
        var expected = 40_000 * (1 - phi) / (1 + phi);
        Assert.InRange(Autocorrelation.EffectiveSampleSize(x), 0.85 * expected, 1.15 * expected);
        var products = 40_000 * (1 - (phi * phi)) / (1 + (phi * phi));
        Assert.InRange(Autocorrelation.EffectiveSampleSize(Autocorrelation.Products(x, y)), 0.85 * products, 1.15 * products);
        Assert.InRange(Autocorrelation.At(x, 1), phi - 0.02, phi + 0.02);
        Assert.InRange(Autocorrelation.At(x, 3), (phi * phi * phi) - 0.03, (phi * phi * phi) + 0.03);
    }

    [Fact]
    public void Chains_that_disagree_have_few_effective_draws()
    {
        double[][] chains = [.. Enumerable.Range(0, 4).Select(chain => Process(0, 1000, chain).Select(value => value + (5 * chain)).ToArray())];
        Assert.InRange(Autocorrelation.EffectiveSampleSize(chains), 1, 10);
    }

    [Fact]
    public void Split_Rhat_has_its_textbook_value()
    {
        // Halves (0,2), (1,3), (4,6), (5,7): means 1, 2, 5, 6, variance within 2, between the means 17/3, length 2.
        double[][] chains = [[0, 2, 1, 3], [4, 6, 5, 7]];
        Assert.Equal(Math.Sqrt(0.5 + (17 / 3.0 / 2)), SplitRhat.Of(chains), 12);
        Assert.Equal(1, SplitRhat.Of([[1, 1, 1, 1]]));
        Assert.Equal(double.PositiveInfinity, SplitRhat.Of([[1, 1, 2, 2]]));
        Assert.True(double.IsNaN(SplitRhat.Of([[1, 2]])));
    }

    [Fact]
    public void Split_Rhat_finds_chains_apart_and_chains_that_move()
    {
        double[][] still = [.. Enumerable.Range(0, 4).Select(chain => Process(0.5, 2000, chain))];
        Assert.InRange(SplitRhat.Of(still), 0.999, 1.01);
        Assert.True(SplitRhat.Of([.. still.Select((chain, index) => chain.Select(value => value + index).ToArray())]) > 1.2);
        Assert.True(SplitRhat.Of([.. still.Select(chain => chain.Select((value, draw) => value + (draw / 500.0)).ToArray())]) > 1.2);
    }

    [Fact]
    public void The_noise_floor_has_its_known_value()
    {
        Assert.Equal(0.145, NoiseFloor.Of(800, 50_000), 3);

        // Student's t: r = t/√(N−2+t²); P(t > 2.306004) = 0.025 with 8 degrees of freedom.
        Assert.Equal(2.306004 / Math.Sqrt(8 + (2.306004 * 2.306004)), NoiseFloor.Of(10, 40), 6);
        Assert.Equal(1, NoiseFloor.Of(2, 100));
        Assert.Equal(1, NoiseFloor.Of(double.NaN, 100));
    }

    [Fact]
    public void One_null_item_in_n_passes_the_noise_floor()
    {
        const int Items = 4000;
        using var run = SyntheticRun.Modes(1, 60, Items, queries: 25, seed: 3, modes: 0);
        run.Estimate();
        var floor = NoiseFloor.Of(60, Items);
        var above = run.Matrix(ScoreFiles.Correlation).Count(score => score > floor);

        // 25 expected; Poisson within four standard deviations.
        Assert.InRange(above, 5, 45);
    }

    [Fact]
    public void Reliability_and_noise_constant_follow_the_number_of_draws()
    {
        // One strong mode: ΣCov² and ΣVar are known, hence T0, and the reliability is T/(T + T0).
        const int Items = 400;
        using var run = SyntheticRun.Modes(4, 500, Items, queries: 12, seed: 5, modes: 12, noise: 6);
        var diagnostics = run.Estimate().Diagnostics;
        Assert.InRange(diagnostics.Reliability, 0.3, 0.95);
        var predicted = 2000 / (2000 + diagnostics.NoiseConstant);
        Assert.InRange(diagnostics.Reliability, predicted - 0.1, predicted + 0.1);
        Assert.Equal(Math.Sqrt(diagnostics.Reliability), diagnostics.LdsNoiseFactor, 12);
    }

    [Fact]
    public void The_common_mode_is_one_if_all_items_move_as_one_and_one_nth_if_none_do()
    {
        using var together = SyntheticRun.Modes(2, 100, items: 50, queries: 2, seed: 6, modes: 0);
        for (var chain = 0; chain < 2; chain++)
        {
            for (var i = 0; i < together.Train[chain].Length; i++)
            {
                together.Train[chain][i] = together.Train[chain][i / 50 * 50];
            }
        }

        Assert.Equal(1, together.Estimate().Diagnostics.CommonModeFraction, 5);
        using var apart = SyntheticRun.Modes(2, 1000, items: 50, queries: 2, seed: 7, modes: 0);
        Assert.InRange(apart.Estimate().Diagnostics.CommonModeFraction, 0.015, 0.025);
    }

    [Fact]
    public void Drift_is_the_correlation_with_time()
    {
        using var run = SyntheticRun.Modes(2, 100, items: 10, queries: 2, seed: 8, modes: 0)
            .Changed((chain, draw, _, _) => chain == 0 ? draw : -draw);
        var diagnostics = run.Estimate().Diagnostics;
        Assert.Equal(0, diagnostics.Drift, 5);
        Assert.Equal(1, diagnostics.DriftByChain[0], 5);
        Assert.Equal(-1, diagnostics.DriftByChain[1], 5);
        Assert.Equal([0.0, 0.0], [diagnostics.MeanTrainLossByTenth[0], diagnostics.MeanTrainLossByTenth[9]]);
    }

    private static double[] Process(double phi, int draws, int seed)
    {
        var random = new Random(seed);
        var x = SyntheticRun.Normal(random);
        return [.. Enumerable.Range(0, draws).Select(_ => x = (phi * x) + (Math.Sqrt(1 - (phi * phi)) * SyntheticRun.Normal(random)))];
    }
}
