using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

[Trait("Pace", "slow")]
public class EstimatorTests
{
    [Theory]
    [InlineData(Centering.PerChain, 0)]
    [InlineData(Centering.Pooled, 0)]
    [InlineData(Centering.PerChain, 50)]
    [InlineData(Centering.Pooled, 50)]
    public void Scores_are_the_textbook_covariance_and_correlation(Centering centering, double offset)
    {
        // Chains around different means, so that the two centrings differ.
        using var run = SyntheticRun.Modes(3, 40, items: 70, queries: 5, seed: 1, offset: offset)
            .Changed((chain, _, item, loss) => loss + (chain * 0.3 * (item % 3)));
        run.Estimate(options: new(centering));
        AssertTextbook(run, centering, 1e-5);
    }

    [Fact]
    public void A_large_offset_with_tiny_variance_costs_no_digits()
    {
        // The traces themselves are rounded to 6e-5 at 1000; the textbook gets the rounded numbers.
        using var run = SyntheticRun.Modes(2, 400, items: 20, queries: 3, seed: 2, offset: 1000, scale: 1e-2);
        run.Estimate();
        AssertTextbook(run, Centering.PerChain, 1e-6);
    }

    [Fact]
    public void A_copy_of_the_query_is_its_top_proponent_with_correlation_one()
    {
        using var run = SyntheticRun.Modes(2, 60, items: 200, queries: 4, seed: 3);
        for (var chain = 0; chain < 2; chain++)
        {
            for (var draw = 0; draw < 60; draw++)
            {
                run.Train[chain][(draw * 200) + 77] = run.Query[chain][(draw * 4) + 2];
            }
        }

        run.Estimate();
        var scores = run.Matrix(ScoreFiles.Correlation).AsSpan(2 * 200, 200);
        var top = Ranking.Largest(scores, 1)[0];
        Assert.Equal(77, top.Item);
        Assert.Equal(1f, top.Score, 5);
        Assert.Equal(0f, run.Matrix(ScoreFiles.CorrelationError)[(2 * 200) + 77], 3);
        Assert.Equal(77, Ranking.Smallest(run.Matrix(ScoreFiles.Bif).AsSpan(2 * 200, 200), 1)[0].Item);
    }

    [Fact]
    public void Scores_are_the_same_bits_for_any_chunks_and_threads()
    {
        using var run = SyntheticRun.Modes(3, 50, items: 300, queries: 7, seed: 4, phi: 0.5);
        run.Estimate(run.Write(50, 300));
        string[] names = [ScoreFiles.Bif, ScoreFiles.BifError, ScoreFiles.Correlation, ScoreFiles.CorrelationError];
        var expected = names.Select(run.Matrix).ToArray();
        foreach (var (draws, items, threads) in new[] { (1, 300, 1), (7, 64, 2), (16, 100, 3), (50, 1, 2), (33, 299, 4) })
        {
            var result = run.Estimate(run.Write(draws, items), new(Threads: threads));
            for (var i = 0; i < names.Length; i++)
            {
                Assert.Equal(expected[i], run.Matrix(names[i]));
            }

            Assert.Equal("good", result.Verdict.Name);
        }
    }

    [Fact]
    public void Many_queries_in_several_groups_give_the_same_bits()
    {
        // A store so wide that not all queries fit at once: 4 items per chunk do not matter, 3000 queries do.
        using var run = SyntheticRun.Modes(1, 48, items: 600, queries: 3000, seed: 5, modes: 1);
        run.Estimate(run.Write(48, 600), new(Threads: 1));
        var expected = run.Matrix(ScoreFiles.Correlation);
        var wide = run.Estimate(run.Write(48, 600), new(Threads: 4));
        Assert.Equal(expected, run.Matrix(ScoreFiles.Correlation));
        Assert.InRange(wide.WorkingBytes, 1, 256 << 20);
    }

    [Fact]
    public void Interrupted_chains_count_with_their_complete_blocks()
    {
        using var run = SyntheticRun.Modes(3, 40, items: 30, queries: 3, seed: 6);
        var result = run.Estimate(run.Write(8, 16, blocks: [5, 2, 0]));
        Assert.Equal(56, result.Diagnostics.Draws);
        Assert.Equal(2, result.Diagnostics.Chains);
        AssertTextbook(run, Centering.PerChain, 1e-5, [40, 16, 0]);
    }

    [Fact]
    public void A_trace_without_draws_is_refused_in_a_sentence()
    {
        using var run = SyntheticRun.Modes(2, 40, items: 30, queries: 3, seed: 7);
        var store = run.Write(8, 16, blocks: [0, 0]);
        Assert.Contains("sample more", Assert.Throws<InputException>(() => run.Estimate(store)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(ScoreFiles.PathOf(run.Scores, ScoreFiles.Bif)));
    }

    [Fact]
    public void A_damaged_chunk_stops_the_estimate_and_leaves_no_scores()
    {
        using var run = SyntheticRun.Modes(2, 40, items: 30, queries: 3, seed: 8);
        var store = run.Write(8, 16);
        var chunk = Path.Combine(store.Directory, "train_loss", "c", "1", "3", "1");
        var bytes = File.ReadAllBytes(chunk);
        bytes[0] ^= 1;
        File.WriteAllBytes(chunk, bytes);
        Assert.Contains("checksum", Assert.Throws<InputException>(() => run.Estimate(store, new(Threads: 2))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(run.Scores));
    }

    [Fact]
    public void Constant_traces_score_zero_and_are_counted_never_NaN()
    {
        using var run = SyntheticRun.Modes(2, 40, items: 30, queries: 3, seed: 9)
            .Changed((_, _, item, loss) => item is 4 or 17 ? 0.25 : item == 31 ? 1e-7 : loss);
        var result = run.Estimate();
        Assert.Equal(2, result.Diagnostics.ConstantTrainItems);
        Assert.Equal(1, result.Diagnostics.ConstantQueries);
        Assert.Equal([4L, 17L], NpyFile.Read<long>(ScoreFiles.PathOf(run.Scores, ScoreFiles.ConstantItems)).Values);
        Assert.Equal([1L], NpyFile.Read<long>(ScoreFiles.PathOf(run.Scores, ScoreFiles.ConstantQueries)).Values);
        foreach (var name in new[] { ScoreFiles.Bif, ScoreFiles.BifError, ScoreFiles.Correlation, ScoreFiles.CorrelationError })
        {
            var scores = run.Matrix(name);
            Assert.All(scores, score => Assert.True(float.IsFinite(score)));
            Assert.All(Enumerable.Range(0, 90).Where(index => index % 30 is 4 or 17 || index / 30 == 1), index => Assert.Equal(0f, scores[index]));
            Assert.Equal(2 * 28, scores.Count(score => score != 0));
        }
    }

    [Theory]
    [InlineData(1, 400, 0.0)]
    [InlineData(4, 300, 0.0)]
    [InlineData(1, 1500, 0.8)]
    [InlineData(4, 500, 0.8)]
    public void Standard_errors_are_calibrated(int chains, int draws, double phi)
    {
        // Many independent pairs of known covariance: item i and query i share one mode of their own.
        const int Pairs = 48;
        var (zBif, zCorrelation) = (new List<double>(), new List<double>());
        for (var seed = 0; seed < 8; seed++)
        {
            using var run = SyntheticRun.Modes(chains, draws, items: Pairs, queries: Pairs, seed: 100 + seed, phi: phi, modes: 0);
            // Query i = 0.6·item i + 0.8·own noise: covariance and correlation 0.6.
            for (var chain = 0; chain < chains; chain++)
            {
                for (var i = 0; i < run.Query[chain].Length; i++)
                {
                    run.Query[chain][i] = (0.6f * run.Train[chain][i]) + (0.8f * run.Query[chain][i]);
                }
            }

            run.Estimate();
            var (bif, bifError) = (run.Matrix(ScoreFiles.Bif), run.Matrix(ScoreFiles.BifError));
            var (correlation, correlationError) = (run.Matrix(ScoreFiles.Correlation), run.Matrix(ScoreFiles.CorrelationError));
            for (var i = 0; i < Pairs; i++)
            {
                var (own, other) = ((i * Pairs) + i, (i * Pairs) + ((i + 1) % Pairs));
                zBif.Add((bif[own] + 0.6) / bifError[own]);
                zBif.Add(bif[other] / bifError[other]);
                zCorrelation.Add((correlation[own] - 0.6) / correlationError[own]);
                zCorrelation.Add(correlation[other] / correlationError[other]);
            }
        }

        // A t distribution with 23 degrees of freedom has sd 1.05; short batches of correlated draws add some per cent.
        Assert.InRange(Math.Sqrt(zBif.Average(z => z * z)), 0.92, 1.25);
        Assert.InRange(Math.Sqrt(zCorrelation.Average(z => z * z)), 0.92, 1.25);
    }

    private static void AssertTextbook(SyntheticRun run, Centering centering, double tolerance, int[]? draws = null)
    {
        var (bif, correlation) = (run.Matrix(ScoreFiles.Bif), run.Matrix(ScoreFiles.Correlation));
        for (var query = 0; query < run.Queries; query++)
        {
            for (var item = 0; item < run.Items; item++)
            {
                var covariance = run.Covariance(query, item, centering, draws);
                var expected = run.Correlation(query, item, centering, draws);
                var scale = Math.Abs(covariance / expected);
                Assert.InRange(bif[(query * run.Items) + item], -covariance - (tolerance * scale), -covariance + (tolerance * scale));
                Assert.InRange(correlation[(query * run.Items) + item], expected - tolerance, expected + tolerance);
            }
        }
    }
}
