using Bif.Engine.Runs;
using Bif.Engine.Tests.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Groups of training items whose losses move together.</summary>
public sealed class ItemClustersTests
{
    private const int Items = 60;
    private const int Draws = 400;

    [Fact]
    public void Items_of_one_mode_are_one_cluster_whatever_moves_all_of_them()
    {
        using var run = Modes(common: 10);
        var clusters = ItemClusters.Of(run.Write(drawsPerBlock: 64), 3);
        Assert.Equal([1, 2, 3], clusters.Select(cluster => cluster.Number));
        Assert.Equal([30, 20, 10], clusters.Select(cluster => cluster.Items.Length));
        Assert.Equal(Enumerable.Range(0, Items).Where(item => Mode(item) == 0), clusters[0].Items);
        Assert.Equal(Enumerable.Range(0, Items).Where(item => Mode(item) == 1), clusters[1].Items);
        Assert.Equal(Enumerable.Range(0, Items).Where(item => Mode(item) == 2), clusters[2].Items);
        Assert.All(clusters, cluster => Assert.True(cluster.Items.Contains(cluster.Typical) && cluster.Cohesion > 0.7, $"{cluster.Number}: {cluster.Cohesion}"));
    }

    [Fact]
    public void The_same_traces_give_the_same_clusters_and_their_scale_does_not_matter()
    {
        using var run = Modes(common: 1);
        var store = run.Write();
        var once = ItemClusters.Of(store, 5);
        Assert.Equal(once.Select(cluster => cluster.Items), ItemClusters.Of(store, 5).Select(cluster => cluster.Items));
        Assert.Equal(Items, once.Sum(cluster => cluster.Items.Length));
        using var scaled = Modes(common: 1).Changed((_, _, item, loss) => (loss * (1 + (item % 7))) + item);
        Assert.Equal(once.Select(cluster => cluster.Items), ItemClusters.Of(scaled.Write(), 5).Select(cluster => cluster.Items));
    }

    [Fact]
    public void Too_many_clusters_and_unknown_ones_are_refused_in_one_sentence()
    {
        using var run = Modes(common: 1);
        var store = run.Write();
        Assert.Contains("2 to 60", Assert.Throws<InputException>(() => ItemClusters.Of(store, 61)).Message, StringComparison.Ordinal);
        Assert.Contains("2 to 60", Assert.Throws<InputException>(() => ItemClusters.Of(store, 1)).Message, StringComparison.Ordinal);
    }

    // Half, a third, a sixth of the items.
    private static int Mode(int item) => (item % 6) switch { < 3 => 0, < 5 => 1, _ => 2 };

    // Losses of two chains: a mode that all share, each item's own mode, and a little noise.
    private static SyntheticRun Modes(double common)
    {
        var random = new Random(2);
        var modes = Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, Draws * 4).Select(_ => SyntheticRun.Normal(random)).ToArray()).ToArray();
        return SyntheticRun.Modes(2, Draws, Items, 1, seed: 3, modes: 0, noise: 0.4)
            .Changed((chain, draw, item, loss) => loss + modes[chain][(4 * draw) + Mode(item)] + (common * modes[chain][(4 * draw) + 3]) + chain);
    }
}
