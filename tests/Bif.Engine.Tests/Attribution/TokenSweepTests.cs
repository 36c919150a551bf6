using Bif.Engine.Attribution;
using Xunit;

namespace Bif.Engine.Tests.Attribution;

public sealed class TokenSweepTests
{
    // Spans of one to four tokens; 90 tokens in chunks of 16, so that spans straddle chunks.
    private static readonly TokenSpan[] Spans = Cut(90);

    [Theory]
    [InlineData(false, Centering.PerChain)]
    [InlineData(true, Centering.PerChain)]
    [InlineData(false, Centering.Pooled)]
    [InlineData(true, Centering.Pooled)]
    public void A_pass_over_the_corpus_gives_the_scores_of_each_span_by_itself(bool isPartial, Centering centering)
    {
        using var run = SyntheticRun.Modes(3, 45, 90, 4, seed: 3, phi: 0.3, offset: 5);
        var scores = new TokenScores(run.Write(drawsPerBlock: 7, itemsPerBlock: 16), centering);
        var sweep = new TokenSweep(scores, Spans);
        var queries = scores.OfQueries([new TokenSpan(0, 1), new TokenSpan(1, 3)]);
        for (var query = 0; query < 2; query++)
        {
            var found = sweep.Of(queries, query, isPartial, CancellationToken.None);
            for (var span = 0; span < Spans.Length; span++)
            {
                var block = scores.Block(queries, scores.OfTraining([Spans[span]]), isPartial);
                Assert.Equal(block.Correlation[query, 0], found.Correlation[span], 1e-5f);
                Assert.Equal(block.Bif[query, 0], found.Bif[span], 1e-4f * (1 + Math.Abs(found.Bif[span])));
            }
        }
    }

    [Fact]
    public void Covariances_of_tokens_add_up_to_those_of_the_spans_on_both_sides()
    {
        using var run = SyntheticRun.Modes(2, 60, 90, 5, seed: 8);
        var scores = new TokenScores(run.Write(drawsPerBlock: 16, itemsPerBlock: 32));
        var tokens = scores.Block(0, 5, 0, 90).Bif;
        var whole = new TokenSweep(scores, Spans).Of(scores.OfQueries([new TokenSpan(1, 3)]), 0, isPartial: false, CancellationToken.None).Bif;
        for (var span = 0; span < Spans.Length; span++)
        {
            var sum = 0.0;
            for (var token = Spans[span].First; token < Spans[span].First + Spans[span].Count; token++)
            {
                sum += tokens[1, token] + (double)tokens[2, token] + tokens[3, token];
            }

            Assert.Equal(sum, whole[span], 4);
        }
    }

    [Theory]
    [InlineData(Centering.PerChain)]
    [InlineData(Centering.Pooled)]
    public void Without_the_common_mode_single_tokens_score_as_items_do(Centering centering)
    {
        using var run = SyntheticRun.Modes(2, 80, 90, 3, seed: 4).Changed((_, draw, _, loss) => loss + (3 * Math.Sin(draw)));
        var store = run.Write(drawsPerBlock: 16, itemsPerBlock: 32);
        run.Estimate(store, new AttributionOptions(centering));
        var (bif, correlation) = new CommonMode(store, centering).Remove(2, run.Matrix("bif").AsSpan(180, 90));
        var block = new TokenScores(store, centering).Block([new TokenSpan(2, 1)], Cut(90, 1), isPartial: true);
        for (var token = 0; token < 90; token++)
        {
            Assert.Equal(bif[token], block.Bif[0, token], 3);
            Assert.Equal(correlation[token], block.Correlation[0, token], 4);
            Assert.InRange(block.CorrelationError[0, token], 0.02f, 0.3f);
        }
    }

    [Fact]
    public void The_partial_score_of_a_span_agrees_with_regression_on_the_mean_of_the_tokens_outside_it()
    {
        using var run = SyntheticRun.Modes(1, 300, 6, 1, seed: 2);
        var block = new TokenScores(run.Write()).Block([new TokenSpan(0, 1)], [new TokenSpan(2, 2)], isPartial: true);
        double[] Of(Func<int, double> loss) => [.. Enumerable.Range(0, 300).Select(loss)];
        double Token(int draw, int token) => run.Train[0][(draw * 6) + token];
        var (x, m, y) = (Of(draw => Token(draw, 2) + Token(draw, 3)), Of(draw => (Token(draw, 0) + Token(draw, 1) + Token(draw, 4) + Token(draw, 5)) / 4), Of(draw => run.Query[0][draw]));
        static double Cov(double[] a, double[] b) => a.Zip(b, (p, q) => (p - a.Average()) * (q - b.Average())).Sum() / (a.Length - 1);
        var exact = Cov(x, y) - (Cov(x, m) * Cov(y, m) / Cov(m, m));
        Assert.Equal(exact, -block.Bif[0, 0], 1e-4 * Math.Abs(exact));
    }

    [Fact]
    public void The_best_of_many_are_those_that_sorting_gives_ties_by_index()
    {
        var random = new Random(1);
        var scores = Enumerable.Range(0, 500).Select(_ => (float)random.Next(40)).ToArray();
        var expected = scores.Select((score, item) => (score, item)).OrderByDescending(each => each.score).ThenBy(each => each.item).Take(60);
        Assert.Equal(expected, Ranking.Largest(scores, 60).Select(each => (each.Score, each.Item)));
        Assert.Equal(scores.Select((score, item) => (score, item)).Order().Take(7).Select(each => each.item), Ranking.Smallest(scores, 7).Select(each => each.Item));
        Assert.Equal(500, Ranking.Largest(scores, 1000).Count);
    }

    private static TokenSpan[] Cut(int tokens, int longest = 4)
    {
        var spans = new List<TokenSpan>();
        for (var first = 0; first < tokens; first += spans[^1].Count)
        {
            spans.Add(new TokenSpan(first, Math.Min(1 + (spans.Count % longest), tokens - first)));
        }

        return [.. spans];
    }
}
