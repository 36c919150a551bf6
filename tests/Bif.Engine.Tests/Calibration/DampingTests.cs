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

    // A fifth of 3,072 items, 206 for 1,000 and 700 of text fit; ResNet-20 has room for 108 of 1,200, SqueezeNet for 23 of 130; a
    // GPU's memory for 995 and for all.
    [Theory]
    [InlineData(3072, 33_834, false, false, true)]
    [InlineData(1000, 101_770, false, false, true)]
    [InlineData(1000, 795_010, false, false, false)]
    [InlineData(6000, 269_722, false, false, false)]
    [InlineData(6000, 269_722, false, true, true)]
    [InlineData(400, 1_235_496, false, false, false)]
    [InlineData(400, 1_235_496, false, true, true)]
    [InlineData(256, 41_920, true, false, true)]
    [InlineData(256, 800_000, true, false, false)]
    public void Leading_directions_serve_where_enough_of_them_fit(int items, long parameters, bool isText, bool onGpu, bool expected)
        => Assert.Equal(expected, Damping.PrefersDirections(items, parameters, isText, onGpu));

    [Theory]
    [InlineData(3072, 33_834, false, 615)]
    [InlineData(60, 33_834, false, 50)]
    [InlineData(6000, 269_722, false, 108)]
    [InlineData(6000, 269_722, true, 995)]
    [InlineData(400, 1_235_496, true, 130)]
    [InlineData(400, 2_000_000, false, 14)]
    [InlineData(400, 80_000_000, false, 8)]
    public void Directions_are_as_many_as_are_needed_and_fit(long observations, long parameters, bool onGpu, int expected)
        => Assert.Equal(expected, Damping.Rank(observations, parameters, onGpu));
}
