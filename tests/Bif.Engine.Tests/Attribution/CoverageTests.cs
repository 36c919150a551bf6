using Bif.Engine.Tests.Runs;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

/// <summary>Intervals of scores over many independent runs of one spec.</summary>
public sealed class CoverageTests
{
    private const int Runs = 24;
    private const int Items = 30;

    // Student's 95th percentile with 15 degrees of freedom: an error comes from 16 batches of draws.
    private const double Student = 1.753;

    [Theory]
    [InlineData("laplace", null, 250)]
    [InlineData("baoab", 0.5, 200)]
    [InlineData("sgld", 0.004, 400)]
    public void Of_independent_runs_85_to_95_percent_of_the_90_percent_intervals_hold_the_expected_score(string sampler, double? step, int draws)
    {
        using var problem = TestProblem.Random(11, Items);
        var runs = Enumerable.Range(0, Runs).Select(seed =>
        {
            var run = problem.Run($"{sampler}-{seed}", problem.Spec() with
            {
                Sampler = sampler, Preconditioner = sampler == "sgld" ? null : "lowrank", Epsilon = step, Nbeta = 100, Gamma = 10,
                Chains = 4, Draws = draws, BurnIn = 60, Thin = 1, Batch = 0, Seed = (ulong)seed, EvaluationBatch = 40, Threads = 1,
            });
            return (Scores: TestProblem.Scores(run, "bif").Values, Errors: TestProblem.Scores(run, "bif_se").Values);
        }).ToList();

        var held = 0;
        for (var score = 0; score < runs[0].Scores.Length; score++)
        {
            var expected = runs.Average(run => (double)run.Scores[score]);
            held += runs.Count(run => Math.Abs(run.Scores[score] - expected) < Student * run.Errors[score]);
        }

        var coverage = held / (double)(Runs * runs[0].Scores.Length);
        Assert.True(coverage is > 0.85 and < 0.95, $"{sampler}: {coverage:P1} of the intervals hold the expected score");
    }
}
