using Bif.Engine.Calibration;
using Xunit;

namespace Bif.Engine.Tests.Calibration;

public sealed class DampingTests
{
    [Fact]
    public void Equal_eigenvalues_have_a_closed_form()
    {
        // m eigenvalues λ: d_eff = m·λ/(λ + r), so r = λ·(m/d − 1).
        var eigenvalues = Enumerable.Repeat(0.2, 100).Concat(Enumerable.Repeat(0.0, 50)).ToArray();
        Assert.Equal(0.2 * ((100 / 25.0) - 1), Damping.Solve(eigenvalues, 25), 1e-6);
    }

    [Fact]
    public void No_more_is_asked_for_than_there_are_directions()
    {
        Assert.Equal(0.2, Damping.Solve([0.2, 0.2], 1000), 1e-6);
        Assert.Contains("zero in every direction", Assert.Throws<InputException>(() => Damping.Solve([0, 0], 5)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 10_000, 250)]
    [InlineData(300, 10_000, 100)]
    [InlineData(50_000, 400, 50)]
    public void The_dimension_follows_from_items_and_draws(int items, double draws, double expected)
        => Assert.Equal(expected, Damping.Dimension(items, draws), 1e-9);
}
