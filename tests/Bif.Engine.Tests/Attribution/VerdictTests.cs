using System.Text.Json;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

/// <summary>Each verdict on traces made for it.</summary>
public class VerdictTests
{
    [Fact]
    public void A_stationary_run_with_signal_is_good()
    {
        using var run = Healthy(1);
        Assert.Equal("good", run.Estimate().Verdict.Name);
    }

    [Fact]
    public void A_query_that_never_changes_does_not_condemn_the_run()
    {
        using var run = Healthy(2).Changed((_, _, item, loss) => item is 200 or 201 ? 1e-6 : loss);
        var result = run.Estimate();
        Assert.Equal(2, result.Diagnostics.ConstantQueries);
        Assert.Equal("good", result.Verdict.Name);
    }

    [Fact]
    public void A_common_trend_is_drift()
    {
        using var run = Healthy(3).Changed((_, draw, _, loss) => loss + (0.05 * draw));
        AssertVerdict(run.Estimate(), "still-drifting", "--burn-in");
    }

    [Fact]
    public void The_walk_away_from_the_checkpoint_without_burn_in_is_drift()
    {
        // Random walks that rise together, as unlocalized chains do.
        using var run = SyntheticRun.Modes(4, 200, items: 60, queries: 5, seed: 4, phi: 0.995, modes: 2, noise: 0.3)
            .Changed((_, draw, _, loss) => loss + (3 * Math.Sqrt(draw / 20.0)));
        AssertVerdict(run.Estimate(), "still-drifting", "--gamma");
    }

    [Fact]
    public void Chains_around_different_means_disagree()
    {
        using var run = Healthy(5).Changed((chain, _, _, loss) => loss + (2 * chain));
        AssertVerdict(run.Estimate(), "chains-disagree", "--draws");
    }

    [Fact]
    public void Independent_losses_are_noise()
    {
        using var run = SyntheticRun.Modes(4, 200, items: 2000, queries: 20, seed: 6, modes: 0);
        AssertVerdict(run.Estimate(), "too-noisy", "--draws");
    }

    [Fact]
    public void No_query_that_ever_changes_is_too_noisy()
    {
        using var run = SyntheticRun.Modes(2, 40, items: 20, queries: 3, seed: 7).Changed((_, _, item, loss) => item >= 20 ? 1 : loss);
        AssertVerdict(run.Estimate(), "too-noisy", "--draws");
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_divergence_and_the_scores_stay_finite()
    {
        using var run = Healthy(8).Changed((chain, draw, item, loss) => chain == 1 && draw > 150 && item == 9 ? double.PositiveInfinity : loss);
        var result = run.Estimate();
        AssertVerdict(result, "diverged", "--epsilon");
        Assert.Equal((49, 1), (result.Diagnostics.NonFiniteDraws, result.Diagnostics.NonFiniteItems));
        Assert.All(run.Matrix(ScoreFiles.Correlation), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void A_loss_no_better_than_guessing_is_divergence()
    {
        using var run = Healthy(9).Changed((_, draw, _, loss) => draw == 0 ? 0.1 : 2.4 + (0.1 * loss));
        AssertVerdict(run.Estimate(options: new(ChanceLoss: Math.Log(10))), "diverged", "--gamma");
        Assert.NotEqual("diverged", run.Estimate(options: new(ChanceLoss: Math.Log(100))).Verdict.Name);
    }

    [Fact]
    public void Scores_that_equal_gradient_cosines_are_over_localized()
    {
        using var run = Healthy(10);
        run.Estimate();
        var scores = run.Matrix(ScoreFiles.Correlation);
        int[] items = [.. Enumerable.Range(0, 50).Select(index => 4 * index)];
        var cosine = new double[2, 50];
        var random = new Random(1);
        for (var column = 0; column < 50; column++)
        {
            cosine[0, column] = scores[items[column]] + (0.01 * SyntheticRun.Normal(random));
            cosine[1, column] = scores[200 + items[column]] + (0.01 * SyntheticRun.Normal(random));
        }

        var result = run.Estimate(options: new(Cosine: new([0, 1], items, cosine, null)));
        Assert.InRange(result.Diagnostics.GradientCosineAgreement!.Value, 0.98, 1);
        AssertVerdict(result, "over-localized", "--gamma");
        for (var column = 0; column < 50; column++)
        {
            cosine[0, column] += 0.5 * SyntheticRun.Normal(random);
            cosine[1, column] += 0.5 * SyntheticRun.Normal(random);
        }

        Assert.Equal("good", run.Estimate(options: new(Cosine: new([0, 1], items, cosine, null))).Verdict.Name);
    }

    [Fact]
    public void One_chain_is_judged_by_its_halves()
    {
        using var good = SyntheticRun.Modes(1, 400, items: 100, queries: 8, seed: 11);
        Assert.Equal("good", good.Estimate().Verdict.Name);
        using var jump = SyntheticRun.Modes(1, 400, items: 100, queries: 8, seed: 12).Changed((_, draw, _, loss) => loss + (draw % 200 < 100 ? 2 : -2));
        using var step = SyntheticRun.Modes(1, 400, items: 100, queries: 8, seed: 12).Changed((_, draw, _, loss) => loss + (draw < 200 ? 2 : -2));
        Assert.NotEqual("good", step.Estimate().Verdict.Name);
        Assert.True(jump.Estimate().Diagnostics.EssMeanLoss < 100);
    }

    [Fact]
    public void A_diverged_chain_names_the_step_and_the_setting()
    {
        var verdict = Verdict.Diverged(2, 70, double.NaN, 1e-3, 10);
        Assert.Contains("step 70", verdict.Reason, StringComparison.Ordinal);
        Assert.Contains("--epsilon", verdict.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnostics_can_be_written_into_the_run_record_even_when_nothing_can_be_told()
    {
        using var run = SyntheticRun.Modes(1, 2, items: 3, queries: 1, seed: 13, modes: 1);
        var result = run.Estimate();
        Assert.NotEqual("good", result.Verdict.Name);
        var json = JsonSerializer.SerializeToElement(result.Diagnostics, RunRecord.Json);
        Assert.Equal(2, json.GetProperty("draws").GetInt32());
        Assert.True(json.TryGetProperty("noise_floor", out _));
    }

    private static SyntheticRun Healthy(int seed) => SyntheticRun.Modes(4, 200, items: 200, queries: 10, seed: seed, phi: 0.3);

    private static void AssertVerdict(AttributionResult result, string name, string advice)
    {
        Assert.Equal(name, result.Verdict.Name);
        Assert.Contains(advice, result.Verdict.Advice, StringComparison.Ordinal);
        Assert.NotEmpty(result.Verdict.Reason);
    }
}
