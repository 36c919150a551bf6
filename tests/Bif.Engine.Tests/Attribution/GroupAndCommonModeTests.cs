using Bif.Engine.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

public sealed class GroupAndCommonModeTests
{
    [Fact]
    public void A_group_is_the_sum_of_its_items_with_an_error_of_its_own()
    {
        using var run = SyntheticRun.Modes(4, 600, 40, 3, seed: 1, phi: 0.5);
        var store = run.Write(drawsPerBlock: 64);
        run.Estimate(store);
        int[] set = [3, 4, 11, 30];
        var bif = run.Matrix("bif");
        var errors = run.Matrix("bif_se");
        var group = GroupInfluence.Of(store, set, 2, Centering.PerChain);
        var sum = set.Sum(item => (double)bif[(2 * 40) + item]);
        Assert.Equal(sum, group.Bif, 1e-4 * Math.Abs(sum));
        var single = GroupInfluence.Of(store, [11], 2, Centering.PerChain);
        Assert.Equal(errors[(2 * 40) + 11], single.StandardError, 1e-3 * single.StandardError);
        Assert.True(group.StandardError < set.Sum(item => (double)errors[(2 * 40) + item]));
        Assert.Equal(-100 * group.Bif / 40, group.ChangeWhenRemoved(100, 40), 1e-9);
    }

    [Fact]
    public void Where_chains_share_a_mean_so_do_groups_and_the_partial_view()
    {
        // Chains far apart: what lies between them counts in pooled scores.
        using var run = SyntheticRun.Modes(4, 600, 40, 3, seed: 1).Changed((chain, _, item, loss) => loss + (chain * (1 + (item % 5))));
        var store = run.Write(drawsPerBlock: 64);
        run.Estimate(store, new AttributionOptions(Centering.Pooled));
        int[] set = [3, 4, 11, 30];
        var bif = run.Matrix("bif");
        var sum = set.Sum(item => (double)bif[(2 * 40) + item]);
        Assert.Equal(sum, GroupInfluence.Of(store, set, 2, Centering.Pooled).Bif, 1e-4 * Math.Abs(sum));
        Assert.NotEqual(sum, GroupInfluence.Of(store, set, 2, Centering.PerChain).Bif, 0.1 * Math.Abs(sum));

        double Cov(Func<int, double> x, Func<int, double> y)
        {
            double[] a = [.. Enumerable.Range(0, 2400).Select(x)], b = [.. Enumerable.Range(0, 2400).Select(y)];
            var (meanA, meanB) = (a.Average(), b.Average());
            return a.Zip(b, (p, q) => (p - meanA) * (q - meanB)).Sum() / 2399;
        }

        double Item(int draw) => run.Train[draw / 600][(draw % 600 * 40) + 11];
        double Others(int draw) => (Enumerable.Range(0, 40).Sum(item => (double)run.Train[draw / 600][(draw % 600 * 40) + item]) - Item(draw)) / 39;
        double Query(int draw) => run.Query[draw / 600][(draw % 600 * 3) + 2];
        var (itemVariance, queryVariance, othersVariance) = (Cov(Item, Item), Cov(Query, Query), Cov(Others, Others));
        var exact = Cov(Item, Query) - (Cov(Item, Others) * Cov(Query, Others) / othersVariance);
        var (partial, correlation) = new CommonMode(store, Centering.Pooled).Remove(2, bif.AsSpan(80, 40));
        Assert.Equal(exact, -partial[11], 2e-3 * Math.Sqrt(itemVariance * queryVariance));
        var scale = Math.Sqrt((itemVariance - (Math.Pow(Cov(Item, Others), 2) / othersVariance)) * (queryVariance - (Math.Pow(Cov(Query, Others), 2) / othersVariance)));
        Assert.Equal(exact / scale, correlation[11], 1e-2);
    }

    [Fact]
    public void An_empty_group_is_refused()
    {
        using var run = SyntheticRun.Modes(2, 20, 5, 1, seed: 1);
        Assert.Contains("empty", Assert.Throws<InputException>(() => GroupInfluence.Of(run.Write(), [], 0, Centering.PerChain)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_the_common_mode_gives_the_scores_of_the_run_without_it()
    {
        using var clean = SyntheticRun.Modes(2, 4000, 60, 2, seed: 5);
        var random = new Random(9);
        var common = Enumerable.Range(0, 2 * 4000).Select(_ => 20 * SyntheticRun.Normal(random)).ToArray();
        clean.Estimate();
        var expected = clean.Matrix("correlation");
        var drowned = clean.Changed((chain, draw, _, loss) => loss + common[(chain * 4000) + draw]);
        var store = drowned.Write();
        drowned.Estimate(store);
        var bif = drowned.Matrix("bif");
        Assert.True(drowned.Matrix("correlation").Min() > 0.9);
        var view = new CommonMode(store, Centering.PerChain);
        Assert.True(view.Share > 0.9);
        var (_, correlation) = view.Remove(1, bif.AsSpan(60, 60));

        // What is regressed out takes the mean of the items' own modes with it: a small share of 60 items.
        Assert.True(Enumerable.Range(0, 60).Average(item => Math.Abs(correlation[item] - expected[60 + item])) < 0.1);
    }

    [Fact]
    public void The_partial_covariance_agrees_with_regression_on_the_mean_of_the_others()
    {
        using var run = SyntheticRun.Modes(1, 500, 4, 1, seed: 2);
        var store = run.Write();
        run.Estimate(store);
        var (bif, _) = new CommonMode(store, Centering.PerChain).Remove(0, run.Matrix("bif"));
        double[] Column(float[] values, int width, Func<int, double> of) => [.. Enumerable.Range(0, values.Length / width).Select(of)];
        var x = Column(run.Train[0], 4, draw => run.Train[0][(draw * 4) + 2]);
        var m = Column(run.Train[0], 4, draw => (run.Train[0][draw * 4] + (double)run.Train[0][(draw * 4) + 1] + run.Train[0][(draw * 4) + 3]) / 3);
        var y = Column(run.Query[0], 1, draw => run.Query[0][draw]);
        static double Cov(double[] a, double[] b) => a.Zip(b, (p, q) => (p - a.Average()) * (q - b.Average())).Sum() / (a.Length - 1);
        var exact = Cov(x, y) - (Cov(x, m) * Cov(y, m) / Cov(m, m));
        Assert.Equal(exact, -bif[2], 1e-3 * Math.Abs(exact));
    }
}
