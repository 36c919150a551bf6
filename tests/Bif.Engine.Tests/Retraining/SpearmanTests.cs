using Bif.Engine.Retraining;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Rank correlations with ties and repetitions.</summary>
public sealed class SpearmanTests
{
    [Fact]
    public void Ties_have_their_mean_rank()
    {
        // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: products of deviations 2.25 + 0 + 0 + 2.25 = 4.5 over the root of 4.5 · 5.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Spearman.Of([10, 20, 20, 30], [1, 7, 3, 9]), 12);
        // Without ties: 1 − 6·Σd²/(n(n² − 1)) with d = 1, −1, 0, 0.
        Assert.Equal(0.8, Spearman.Of([1, 2, 3, 4], [20, 10, 30, 40]), 12);
        Assert.Equal(1, Spearman.Of([1, 2, 3], [1, 10, 1e9]), 12);
        Assert.Equal(-1, Spearman.Of([1, 2, 3], [5, 4, -7]), 12);
    }

    [Fact]
    public void A_constant_list_has_no_correlation()
    {
        Assert.True(double.IsNaN(Spearman.Of([1, 1, 1], [1, 2, 3])));
        Assert.True(double.IsNaN(Spearman.Of([1, 2, 3], [0, 0, 0])));
    }

    [Fact]
    public void Repetitions_count_as_if_they_were_written_out()
    {
        var random = new Random(1);
        double[] x = [.. Enumerable.Range(0, 30).Select(_ => (double)random.Next(12))], y = [.. x.Select(value => value + random.Next(9))];
        int[] times = [.. x.Select(_ => random.Next(4))];
        double[] Written(double[] values) => [.. values.SelectMany((value, index) => Enumerable.Repeat(value, times[index]))];
        Assert.Equal(Spearman.Of(Written(x), Written(y)), Spearman.Of(new RankOrder(x), new RankOrder(y), times), 12);
    }
}
