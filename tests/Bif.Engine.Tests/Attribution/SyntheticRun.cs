using Bif.Engine.Attribution;
using Bif.Engine.Arrays;
using Bif.Engine.Traces;

namespace Bif.Engine.Tests.Attribution;

/// <summary>Traces made of a few shared modes plus own noise, each mode an AR(1) process; written to a store and estimated.</summary>
internal sealed class SyntheticRun : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bif-run-").FullName;

    /// <summary>[chain][draw, item].</summary>
    public required float[][] Train { get; init; }

    /// <summary>[chain][draw, query].</summary>
    public required float[][] Query { get; init; }

    public required int Items { get; init; }

    public required int Queries { get; init; }

    public string Scores => Path.Combine(_folder, "scores");

    /// <summary>
    /// Loss = offset + Σ_k loading_k·mode_k + noise; loadings are drawn once, modes and noise are AR(1) with coefficient phi
    /// and variance 1 and <paramref name="noise"/>².
    /// </summary>
    public static SyntheticRun Modes(
        int chains, int draws, int items, int queries, int seed, double phi = 0, int modes = 3, double noise = 1, double offset = 0, double scale = 1)
    {
        var random = new Random(seed);
        var loadings = Enumerable.Range(0, (items + queries) * modes).Select(_ => Normal(random)).ToArray();
        var (train, query) = (new float[chains][], new float[chains][]);
        for (var chain = 0; chain < chains; chain++)
        {
            (train[chain], query[chain]) = (new float[draws * items], new float[draws * queries]);
            var state = Enumerable.Range(0, modes + items + queries).Select(_ => Normal(random)).ToArray();
            for (var draw = 0; draw < draws; draw++)
            {
                for (var i = 0; i < state.Length; i++)
                {
                    state[i] = draw == 0 ? state[i] : (phi * state[i]) + (Math.Sqrt(1 - (phi * phi)) * Normal(random));
                }

                for (var j = 0; j < items + queries; j++)
                {
                    var loss = noise * state[modes + j];
                    for (var k = 0; k < modes; k++)
                    {
                        loss += loadings[(j * modes) + k] * state[k];
                    }

                    if (j < items)
                    {
                        train[chain][(draw * items) + j] = (float)(offset + (scale * loss));
                    }
                    else
                    {
                        query[chain][(draw * queries) + j - items] = (float)(offset + (scale * loss));
                    }
                }
            }
        }

        return new() { Train = train, Query = query, Items = items, Queries = queries };
    }

    public static double Normal(Random random)
        => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Changes every loss: (chain, draw, item, loss) → loss; queries come as items from <see cref="Items"/> on.</summary>
    public SyntheticRun Changed(Func<int, int, int, float, double> change)
    {
        for (var chain = 0; chain < Train.Length; chain++)
        {
            for (var i = 0; i < Train[chain].Length; i++)
            {
                Train[chain][i] = (float)change(chain, i / Items, i % Items, Train[chain][i]);
            }

            for (var i = 0; i < Query[chain].Length; i++)
            {
                Query[chain][i] = (float)change(chain, i / Queries, Items + (i % Queries), Query[chain][i]);
            }
        }

        return this;
    }

    /// <summary>Writes a store; null blocks means all.</summary>
    public TraceStore Write(int drawsPerBlock = 512, int itemsPerBlock = 1024, int[]? blocks = null)
    {
        var store = TraceStore.Create(
            Path.Combine(_folder, Path.GetRandomFileName()),
            new(Train.Length, Train[0].Length / Items, Items, Queries, drawsPerBlock, itemsPerBlock));
        store.WriteInitial(Train[0].AsSpan(0, Items), Query[0].AsSpan(0, Queries));
        for (var chain = 0; chain < Train.Length; chain++)
        {
            for (var block = 0; block < (blocks?[chain] ?? store.Shape.Blocks); block++)
            {
                var (first, count) = (block * drawsPerBlock, store.Shape.DrawsIn(block));
                store.WriteBlock(
                    chain, block, Train[chain].AsSpan(first * Items, count * Items), Query[chain].AsSpan(first * Queries, count * Queries), new float[count]);
            }
        }

        return store;
    }

    public AttributionResult Estimate(TraceStore? store = null, AttributionOptions? options = null)
        => AttributionEstimator.Run(store ?? Write(), Scores, options ?? new());

    public float[] Matrix(string name) => NpyFile.Read<float>(ScoreFiles.PathOf(Scores, name)).Values;

    /// <summary>Cov of two columns by the textbook, in double precision.</summary>
    public double Covariance(int query, int item, Centering centering, int[]? draws = null)
        => Covariance(Query, Queries, query, Train, Items, item, centering, draws);

    public double Correlation(int query, int item, Centering centering, int[]? draws = null) => Covariance(query, item, centering, draws)
        / Math.Sqrt(Covariance(Query, Queries, query, Query, Queries, query, centering, draws) * Covariance(Train, Items, item, Train, Items, item, centering, draws));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static double Covariance(float[][] x, int xs, int i, float[][] y, int ys, int j, Centering centering, int[]? draws)
    {
        var count = Enumerable.Range(0, x.Length).Select(chain => draws?[chain] ?? (x[chain].Length / xs)).ToArray();
        double Mean(float[][] values, int width, int column, int chain) => Enumerable.Range(0, count[chain]).Average(draw => (double)values[chain][(draw * width) + column]);
        double Pooled(float[][] values, int width, int column)
            => Enumerable.Range(0, values.Length).Sum(chain => count[chain] == 0 ? 0 : count[chain] * Mean(values, width, column, chain)) / count.Sum();
        var (sum, used) = (0.0, 0);
        for (var chain = 0; chain < x.Length; chain++)
        {
            if (count[chain] == 0)
            {
                continue;
            }

            used++;
            var mx = centering == Centering.Pooled ? Pooled(x, xs, i) : Mean(x, xs, i, chain);
            var my = centering == Centering.Pooled ? Pooled(y, ys, j) : Mean(y, ys, j, chain);
            for (var draw = 0; draw < count[chain]; draw++)
            {
                sum += (x[chain][(draw * xs) + i] - mx) * (y[chain][(draw * ys) + j] - my);
            }
        }

        return sum / (count.Sum() - (centering == Centering.Pooled ? 1 : used));
    }
}
