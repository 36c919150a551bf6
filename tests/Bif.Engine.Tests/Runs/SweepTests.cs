using Bif.Engine.Evaluation;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Runs around the calibrated setting.</summary>
public sealed class SweepTests
{
    [Fact]
    public void A_grid_has_each_setting_once_and_the_centre_first()
    {
        var points = SweepPoint.Grid([0.3, 1], [1, 3], [0.5, 1]);
        Assert.Equal(SweepPoint.Center, points[0]);
        Assert.Equal(5, points.Count);
        Assert.Equal(5, points.Select(point => point.Name).Distinct().Count());
    }

    [Fact]
    public void On_a_linear_model_half_the_step_gives_the_same_scores_and_another_damping_does_not()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "baoab", Preconditioner = "none", Nbeta = 40, Gamma = 5, Epsilon = 0.2, Chains = 4, Draws = 1500, Threads = 2 };
        var points = new[] { SweepPoint.Center, new SweepPoint(1, 1, 0.5), new SweepPoint(30, 1, 1) };
        var sweep = new Sweep(spec, problem.At("sweep"), null);
        var results = sweep.Run(points, CancellationToken.None);
        Assert.Equal([1500, 1500], results.Take(2).Select(result => result.Draws));
        Assert.True(results[1].AgreementCorrected > 0.98, $"{results[1]}");
        Assert.True(results[2].AgreementCorrected is not { } other || other < results[1].AgreementCorrected, $"{results[2]}");
        Assert.Equal(5.0 * 30, results[2].Gamma, 6);
        Assert.Contains("×30", SweepFigure.Draw(results), StringComparison.Ordinal);

        // The same call again finds everything there.
        var written = File.GetLastWriteTimeUtc(Path.Combine(problem.At("sweep"), points[1].Name, "run.json"));
        Assert.Equal(results, sweep.Run(points, CancellationToken.None));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(problem.At("sweep"), points[1].Name, "run.json")));
    }
}
