using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Traces;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

public sealed class EstimatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Centering.PerChain)]
    [InlineData(Centering.Pooled)]
    public void Scores_equal_the_definition_in_double_precision_even_with_large_offsets(Centering centering)
    {
        var (train, query) = Simulate(seed: 5, chains: 3, draws: 37, items: 11, queries: 4, offset: 1000);
        var (bif, correlation) = Run("a", train, query, 8, 4, centering);
        for (var q = 0; q < 4; q++)
        {
            for (var i = 0; i < 11; i++)
            {
                var (covariance, expected) = Naive(train, query, i, q, centering);
                Assert.Equal(-covariance, bif[(q * 11) + i], 3);
                Assert.Equal(expected, correlation[(q * 11) + i], 3);
            }
        }
    }

    [Fact]
    public void Scores_do_not_depend_on_how_draws_and_items_were_chunked()
    {
        var (train, query) = Simulate(seed: 6, chains: 2, draws: 50, items: 30, queries: 3, offset: 1);
        var reference = Run("a", train, query, 50, 64, Centering.PerChain);
        foreach (var (name, draws, items) in new[] { ("b", 7, 64), ("c", 50, 8), ("d", 1, 1) })
        {
            var other = Run(name, train, query, draws, items, Centering.PerChain);
            Assert.All(reference.Correlation.Zip(other.Correlation), pair => Assert.Equal(pair.First, pair.Second, 5));
        }
    }

    [Fact]
    public void Standard_errors_match_the_spread_over_independent_runs()
    {
        // Autocorrelated draws of two items with correlation 0.6 to the query and 0.
        var scores = new List<double>();
        for (var seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var (train, query) = (new float[4, 240, 2], new float[4, 240, 1]);
            for (var chain = 0; chain < 4; chain++)
            {
                var state = new[] { Normal(), Normal(), Normal() };
                for (var draw = 0; draw < 240; draw++)
                {
                    for (var k = 0; k < 3; k++)
                    {
                        state[k] = (0.5 * state[k]) + (Math.Sqrt(0.75) * Normal());
                    }

                    query[chain, draw, 0] = (float)state[0];
                    train[chain, draw, 0] = (float)((0.6 * state[0]) + (0.8 * state[1]));
                    train[chain, draw, 1] = (float)state[2];
                }
            }

            Run("s" + seed, train, query, 60, 2, Centering.PerChain);
            var values = Read("s" + seed, "correlation");
            var errors = Read("s" + seed, "correlation_se");
            scores.Add((values[0] - 0.6) / errors[0]);
            scores.Add(values[1] / errors[1]);
        }

        // 240 standardised errors: their root mean square has a standard deviation of about 0.05.
        Assert.InRange(Math.Sqrt(scores.Average(z => z * z)), 0.85, 1.2);
    }

    [Fact]
    public void A_constant_trace_scores_zero_and_is_counted()
    {
        var (train, query) = Simulate(seed: 8, chains: 2, draws: 20, items: 3, queries: 2, offset: 0);
        for (var chain = 0; chain < 2; chain++)
        {
            for (var draw = 0; draw < 20; draw++)
            {
                train[chain, draw, 1] = 0.25f;
                query[chain, draw, 1] = 4;
            }
        }

        var (_, correlation) = Run("a", train, query, 5, 2, Centering.PerChain);
        Assert.Equal(0, correlation[1]);
        Assert.All(correlation.Skip(3), value => Assert.Equal(0, value));
        Assert.Equal((1, 1), (_last!.ConstantTrainItems, _last.ConstantQueries));
    }

    [Fact]
    public void The_noise_floor_has_its_known_value()
    {
        Assert.Equal(0.145, NoiseFloor.Of(800, 50_000), 3);
        Assert.Equal(1.959964, NoiseFloor.Quantile(0.975), 5);
        Assert.Equal(-1.281552, NoiseFloor.Quantile(0.1), 5);
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 3.0)]
    [InlineData(0.9, 19.0)]
    public void The_autocorrelation_time_of_an_AR1_process_is_known(double rho, double expected)
    {
        var random = new Random(4);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var chains = Enumerable.Range(0, 4).Select(_ =>
        {
            var x = Normal();
            return Enumerable.Range(0, 20_000).Select(_ => x = (rho * x) + (Math.Sqrt(1 - (rho * rho)) * Normal())).ToArray();
        }).ToList();
        Assert.InRange(Autocorrelation.Time(Autocorrelation.Of(chains, 200)), expected * 0.85, expected * 1.15);
        Assert.InRange(Autocorrelation.SplitRhat(chains), 0.999, 1.01);
        chains[0] = [.. chains[0].Select(value => value + 2)];
        Assert.True(Autocorrelation.SplitRhat(chains) > 1.2);
    }

    private Diagnostics? _last;

    private (float[] Bif, float[] Correlation) Run(string name, float[,,] train, float[,,] query, int drawsPerBlock, int itemsPerBlock, Centering centering)
    {
        var (chains, draws, items, queries) = (train.GetLength(0), train.GetLength(1), train.GetLength(2), query.GetLength(2));
        var store = TraceStore.Create(_folder.At(name), new TraceShape(chains, draws, items, queries, 1, drawsPerBlock, itemsPerBlock), "id");
        store.WriteInitial(new float[items], new float[queries]);
        for (var chain = 0; chain < chains; chain++)
        {
            for (var block = 0; block < store.Shape.Blocks; block++)
            {
                var rows = Enumerable.Range(block * drawsPerBlock, store.Shape.DrawsIn(block)).ToArray();
                store.WriteBlock(
                    chain,
                    block,
                    rows.SelectMany(draw => Enumerable.Range(0, items).Select(i => train[chain, draw, i])).ToArray(),
                    rows.SelectMany(draw => Enumerable.Range(0, queries).Select(q => query[chain, draw, q])).ToArray(),
                    new float[rows.Length]);
            }
        }

        _last = AttributionEstimator.Run(store, _folder.At(name + "-scores"), new AttributionOptions(centering, 2));
        return (Read(name, "bif"), Read(name, "correlation"));
    }

    private float[] Read(string name, string matrix) => NpyFile.ReadFloat32(_folder.At($"{name}-scores/{matrix}.npy")).Values;

    private static (float[,,] Train, float[,,] Query) Simulate(int seed, int chains, int draws, int items, int queries, double offset)
    {
        var random = new Random(seed);
        var (train, query) = (new float[chains, draws, items], new float[chains, draws, queries]);
        for (var chain = 0; chain < chains; chain++)
        {
            for (var draw = 0; draw < draws; draw++)
            {
                var common = random.NextDouble() + (0.3 * chain);
                for (var i = 0; i < items; i++)
                {
                    train[chain, draw, i] = (float)(offset + (common * (i % 3)) + random.NextDouble());
                }

                for (var q = 0; q < queries; q++)
                {
                    query[chain, draw, q] = (float)(offset + (common * (q + 1)) + random.NextDouble());
                }
            }
        }

        return (train, query);
    }

    private static (double Covariance, double Correlation) Naive(float[,,] train, float[,,] query, int item, int q, Centering centering)
    {
        var (chains, draws) = (train.GetLength(0), train.GetLength(1));
        double[][] Centred(Func<int, int, double> value)
        {
            var rows = Enumerable.Range(0, chains).Select(chain => Enumerable.Range(0, draws).Select(draw => value(chain, draw)).ToArray()).ToArray();
            var grand = rows.Average(row => row.Average());
            return [.. rows.Select(row => { var mean = centering == Centering.PerChain ? row.Average() : grand; return row.Select(v => v - mean).ToArray(); })];
        }

        var x = Centred((chain, draw) => train[chain, draw, item]);
        var y = Centred((chain, draw) => query[chain, draw, q]);
        double Product(double[][] a, double[][] b) => a.Zip(b, (p, r) => p.Zip(r, (u, v) => u * v).Sum()).Sum();
        var freedom = (chains * draws) - (centering == Centering.PerChain ? chains : 1);
        return (Product(x, y) / freedom, Product(x, y) / Math.Sqrt(Product(x, x) * Product(y, y)));
    }
}
