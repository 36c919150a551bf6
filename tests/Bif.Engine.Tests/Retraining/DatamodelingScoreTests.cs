using Bif.Engine.Retraining;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>The linear datamodelling score of predictions whose quality is known.</summary>
public sealed class DatamodelingScoreTests
{
    private const int Items = 40, Queries = 5, Subsets = 60;
    private static readonly Random Random = new(9);
    private static readonly int[][] Members = [.. Enumerable.Range(0, Subsets).Select(_ => Enumerable.Range(0, Items).OrderBy(_ => Random.Next()).Take(Items / 2).Order().ToArray())];
    private static readonly float[][] Effects = [.. Enumerable.Range(0, Queries).Select(_ => Enumerable.Range(0, Items).Select(_ => (float)Normal()).ToArray())];

    [Fact]
    public void A_perfect_linear_predictor_scores_one_and_its_negation_minus_one()
    {
        var truth = Truth(noise: 0, repeats: 1);
        var perfect = DatamodelingScore.Of(truth, query => Effects[query], 50, 0);
        Assert.Equal(1, perfect.Mean, 12);
        Assert.Equal(1, perfect.Interval.Low, 12);
        Assert.Equal(-1, DatamodelingScore.Of(truth, query => [.. Effects[query].Select(effect => -effect)], 50, 0).Mean, 12);
    }

    [Fact]
    public void Constant_rows_are_counted_and_left_out()
    {
        var members = Members;
        double[][][] losses = [.. Enumerable.Range(0, Queries).Select(query => new[] { Losses(query, 0) })];
        losses[4] = [new double[Subsets]];
        var score = DatamodelingScore.Of(new RetrainedLosses(Items, members, losses), query => query == 1 ? new float[Items] : Effects[query], 20, 0);
        Assert.Equal((1, 1), (score.ConstantPredictions, score.ConstantLosses));
        Assert.True(double.IsNaN(score.PerQuery[1]) && double.IsNaN(score.PerQuery[4]));
        Assert.Equal(1, score.Mean, 12);
    }

    [Fact]
    public void The_perfect_predictor_of_noisy_losses_reaches_the_ceiling_that_the_repeats_tell()
    {
        var truth = Truth(noise: 4, repeats: 3);
        var (single, ceiling) = truth.Reliability()!.Value;
        var reached = DatamodelingScore.Of(truth, query => Effects[query], 400, 0);
        Assert.InRange(single, 0.2, 0.7);
        Assert.InRange(reached.Mean, ceiling - 0.06, ceiling + 0.06);
        Assert.True(reached.Interval.Low < reached.Mean && reached.Mean < reached.Interval.High && reached.Interval.High - reached.Interval.Low < 0.25, $"{reached.Interval}");
        var (low, difference, high) = DatamodelingScore.Of(truth, query => [.. Effects[query].Select((effect, item) => item < 20 ? effect : 0)], 400, 0).Minus(reached);
        Assert.True(low < difference && difference < high && high < 0, $"half of the effects predict less: {low} {difference} {high}");
        Assert.Null(Truth(noise: 1, repeats: 1).Reliability());
    }

    [Fact]
    public void The_bootstrap_follows_from_its_seed()
    {
        var truth = Truth(noise: 4, repeats: 1);
        double[] Resampled(ulong seed) => DatamodelingScore.Of(truth, query => Effects[query], 30, seed).Resampled;
        Assert.Equal(Resampled(3), Resampled(3));
        Assert.NotEqual(Resampled(3), Resampled(4));
    }

    private static RetrainedLosses Truth(double noise, int repeats)
        => new(Items, Members, [.. Enumerable.Range(0, Queries).Select(query => Enumerable.Range(0, repeats).Select(_ => Losses(query, noise)).ToArray())]);

    private static double[] Losses(int query, double noise)
        => [.. Members.Select(members => 3 + members.Sum(item => (double)Effects[query][item]) + (noise * Normal()))];

    private static double Normal() => Math.Sqrt(-2 * Math.Log(1 - Random.NextDouble())) * Math.Cos(2 * Math.PI * Random.NextDouble());
}
