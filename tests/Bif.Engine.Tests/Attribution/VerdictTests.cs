using Bif.Engine.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

public sealed class VerdictTests
{
    private static readonly Diagnostics Healthy = new(
        800, 4, 400, 400, 400, 1.01, 1.01, 1.05, 0.02, 0.3, 0.1, 0.12, 0.01, 0.02, 0.18, 1, 0.6, 0.5, 0.9, 0.95, 40, 0.5, 0, 0);

    [Fact]
    public void A_healthy_run_is_good() => Assert.Equal("good", Verdict.Of(Healthy).Name);

    [Fact]
    public void Each_illness_has_its_name_and_advice()
    {
        (string Name, Diagnostics Sick)[] cases =
        [
            ("still-drifting", Healthy with { Drift = -0.8 }),
            ("chains-disagree", Healthy with { RhatMeanLoss = 1.6 }),
            ("chains-disagree", Healthy with { RhatQueriesMedian = 1.4 }),
            ("over-localized", Healthy with { GradientCosineAgreement = 0.99 }),
            ("too-noisy", Healthy with { QueriesAboveFloor = 0.1 }),
            ("too-noisy", Healthy with { Draws = 2 }),
        ];
        foreach (var (name, sick) in cases)
        {
            var verdict = Verdict.Of(sick);
            Assert.Equal(name, verdict.Name);
            Assert.Contains("--", verdict.Advice, StringComparison.Ordinal);
        }

        Assert.Contains("--epsilon", Verdict.Diverged(0, 5, double.NaN, 1e-3, 10).Advice, StringComparison.Ordinal);
    }
}
