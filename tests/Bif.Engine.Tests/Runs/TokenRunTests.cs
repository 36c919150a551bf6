using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Runs;

[Trait("Pace", "slow")]
public sealed class TokenRunTests
{
    private const string Llama = "stories260K", Stories = "text/tinystories.txt";

    [SharedDataFact(Llama, Stories)]
    public void Covariances_of_tokens_sum_to_those_of_their_items() => TokensSumToItems("per-chain");

    [SharedDataFact(Llama, Stories)]
    public void Pooled_covariances_of_tokens_sum_to_those_of_their_items() => TokensSumToItems("pooled");

    [SharedDataFact(Llama, Stories)]
    public void Scores_of_words_are_the_sums_of_their_tokens()
    {
        using var folder = new TemporaryFolder();
        Execute(Spec(), folder.At("run"), CancellationToken.None);
        var directory = RunDirectory.Open(folder.At("run"));
        var scores = new TokenScores(TraceStore.Open(directory.TokenTraces));
        var train = TokenTable.Read(directory.TrainTokens);
        foreach (var level in new[] { TextLevel.Word, TextLevel.Sentence, TextLevel.Passage })
        {
            var spans = TextSpans.Of(level, train, ItemTable.Read(directory.TrainItems).Text!, 2);
            Assert.Equal(train.Of(2), (spans[0].First, spans.Sum(span => span.Count)));
            var whole = scores.Block([new TokenSpan(4, 1)], spans);
            for (var index = 0; index < spans.Count; index++)
            {
                var parts = scores.Block(4, 1, spans[index].First, spans[index].Count);
                Assert.Equal(parts.Bif.Cast<float>().Sum(), whole.Bif[0, index], 4);
            }
        }
    }

    [Fact]
    public void Words_and_sentences_hold_every_token_once()
    {
        // Tokens of three characters over "It's one. Two!\nEnd", so that they straddle words.
        var passage = "It's one. Two!\nEnd";
        var starts = Enumerable.Range(0, 6).Select(token => token * 3).ToArray();
        var tokens = new TokenTable(new int[6], new int[6], starts, [.. starts.Select(start => start + 3)]);
        var passages = new PassageTable([passage], [0], [0]);
        Assert.Equal([1, 1, 1, 1, 2], TextSpans.Of(TextLevel.Word, tokens, passages, 0).Select(span => span.Count));
        Assert.Equal([3, 2, 1], TextSpans.Of(TextLevel.Sentence, tokens, passages, 0).Select(span => span.Count));
    }

    [SharedDataFact(Llama, Stories)]
    public void Scores_on_demand_agree_with_the_estimator_on_the_same_traces()
    {
        using var folder = new TemporaryFolder();
        Execute(Spec() with { Draws = 12 }, folder.At("run"), CancellationToken.None);
        var store = TraceStore.Open(RunDirectory.Open(folder.At("run")).TokenTraces);
        AttributionEstimator.Run(store, folder.At("scores"), new AttributionOptions());
        var block = new TokenScores(store).Block(3, 2, 5, 40);
        foreach (var (file, values) in new[] { ("bif", block.Bif), ("correlation", block.Correlation), ("correlation_se", block.CorrelationError) })
        {
            for (var query = 0; query < 2; query++)
            {
                var row = NpyFile.ReadRow<float>(folder.At($"scores/{file}.npy"), 3 + query);
                for (var token = 0; token < 40; token++)
                {
                    Assert.Equal(row[5 + token], values[query, token], 4);
                }
            }
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void An_interrupted_run_continues_with_the_same_traces_of_tokens()
    {
        using var folder = new TemporaryFolder();
        var spec = Spec() with { Draws = 6 };
        Execute(spec, folder.At("whole"), CancellationToken.None);
        Execute(spec with { Draws = 3 }, folder.At("parts"), CancellationToken.None);
        AttributionRun.Execute(spec, folder.At("parts"), resume: true, null, CancellationToken.None);
        var (whole, parts) = (Losses(folder.At("whole")), Losses(folder.At("parts")));
        Assert.Equal(whole, parts);
        Assert.DoesNotContain(whole, float.IsNaN);
    }

    [SharedDataFact(Llama, Stories)]
    public void Tokens_of_chosen_items_have_the_losses_that_they_have_among_all()
    {
        using var folder = new TemporaryFolder();
        Execute(Spec(), folder.At("all"), CancellationToken.None);
        var chosen = TokenSelection.From(folder.At("all"), 1);
        Assert.InRange(chosen.Count, 2, 4);
        Execute(Spec() with { TokenItems = chosen }, folder.At("some"), CancellationToken.None);
        var (all, some) = (RunDirectory.Open(folder.At("all")), RunDirectory.Open(folder.At("some")));
        var (allTokens, someTokens) = (TokenTable.Read(all.TrainTokens), TokenTable.Read(some.TrainTokens));
        var (allStore, someStore) = (TraceStore.Open(all.TokenTraces), TraceStore.Open(some.TokenTraces));
        Assert.Equal(chosen, someTokens.Items.Distinct());
        foreach (var item in chosen)
        {
            var ((first, count), (place, length)) = (allTokens.Of(item), someTokens.Of(item));
            Assert.Equal(count, length);
            var (expected, found) = (new float[8 * count], new float[8 * count]);
            allStore.ReadTrain(0, 0, 8, first, count, expected);
            someStore.ReadTrain(0, 0, 8, place, count, found);
            for (var index = 0; index < expected.Length; index++)
            {
                Assert.Equal(expected[index], found[index], 3);
            }
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void A_text_that_is_added_by_a_replay_has_the_tokens_that_it_would_have_had_at_the_start() => CompareAdded(null, "replayed");

    [SharedDataFact(Llama, Stories)]
    public void A_text_that_is_added_at_kept_draws_has_them_too() => CompareAdded(1L << 30, "kept");

    [SharedDataFact(Llama, Stories)]
    public void A_text_that_is_added_where_every_other_draw_was_kept_has_its_tokens_at_those() => CompareAdded(1L << 22, "kept");

    private static void TokensSumToItems(string centering)
    {
        using var folder = new TemporaryFolder();
        Execute(Spec() with { Centering = centering }, folder.At("run"), CancellationToken.None);
        var directory = RunDirectory.Open(folder.At("run"));
        var tokens = RunTokens.Open(directory);
        var expected = NpyFile.Read<float>(Path.Combine(directory.Scores, "bif.npy"));
        for (var query = 0; query < 2; query++)
        {
            for (var item = 0; item < 6; item++)
            {
                var sum = tokens.Block(query, TextLevel.Token, item, TextLevel.Token, isPartial: false).Bif.Cast<float>().Sum(score => (double)score);
                var wanted = expected.Values[(query * 6) + item];
                Assert.True(Math.Abs(sum - wanted) < (2e-3 * Math.Abs(wanted)) + 1e-4, $"query {query}, item {item}: {sum} where {wanted} is expected");
            }
        }
    }

    private static void CompareAdded(long? keep, string way)
    {
        using var folder = new TemporaryFolder();
        var stories = SharedData.At(Stories);
        Execute(Spec(), folder.At("whole"), CancellationToken.None);
        Execute(Spec() with { Queries = stories + "[10:11]", KeepDraws = keep }, folder.At("part"), CancellationToken.None);
        var added = QueryAddition.Execute(folder.At("part"), stories + "[11:12]", null, CancellationToken.None);
        Assert.Equal(way, added.Way);
        var (whole, part) = (RunTokens.Open(RunDirectory.Open(folder.At("whole"))), RunTokens.Open(RunDirectory.Open(added.Directory)));
        var text = part.OfQuery(TextLevel.Token, 0).Select(span => part.QueryTokens.Ids[span.First]);
        Assert.Equal(whole.OfQuery(TextLevel.Token, 1).Select(span => whole.QueryTokens.Ids[span.First]), text);
        Assert.Equal(part.LossOf(part.OfQuery(TextLevel.Passage, 0)[0]), whole.LossOf(whole.OfQuery(TextLevel.Passage, 1)[0]), 1e-3f);

        // A quarter of a million parameters in float16 at one draw in two, where only so much is kept.
        Assert.Equal(keep == 1L << 22 ? 8 : 16, part.Draws);
        if (part.Draws == whole.Draws)
        {
            var (expected, found) = (whole.Block(1, TextLevel.Word, 3, TextLevel.Word, false), part.Block(0, TextLevel.Word, 3, TextLevel.Word, false));
            Assert.Equal(expected.Correlation.Length, found.Correlation.Length);
            foreach (var (one, other) in expected.Correlation.Cast<float>().Zip(found.Correlation.Cast<float>()))
            {
                Assert.Equal(one, other, 0.05f);
            }
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void Scores_of_tokens_do_not_depend_on_the_company_of_their_text_in_a_batch()
    {
        using var folder = new TemporaryFolder();
        var found = new List<TokenBlock>();
        foreach (var batch in new[] { 1, 4, 6 })
        {
            Execute(Spec() with { EvaluationBatch = batch }, folder.At($"run{batch}"), CancellationToken.None);
            var directory = RunDirectory.Open(folder.At($"run{batch}"));
            found.Add(new TokenScores(TraceStore.Open(directory.TokenTraces)).Block(0, TokenTable.Read(directory.QueryTokens).Count, 0, TokenTable.Read(directory.TrainTokens).Count));
        }

        foreach (var other in found.Skip(1))
        {
            Assert.Equal(0, found[0].Correlation.Cast<float>().Zip(other.Correlation.Cast<float>(), (a, b) => Math.Abs(a - b)).Max(), 0.01f);
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void Float16_traces_give_the_correlations_of_float32_and_items_are_the_sums_of_what_is_stored()
    {
        using var folder = new TemporaryFolder();
        Execute(Spec(), folder.At("exact"), CancellationToken.None);
        Execute(Spec() with { TokenPrecision = "float16" }, folder.At("half"), CancellationToken.None);
        var (exact, half) = (RunDirectory.Open(folder.At("exact")), RunDirectory.Open(folder.At("half")));
        var (tokens, items) = (TraceStore.Open(half.TokenTraces), TraceStore.Open(half.Traces));
        Assert.True(tokens.StoresDeviations);
        var table = TokenTable.Read(half.TrainTokens);
        var (own, sums) = (new float[tokens.Shape.TrainItems], new float[6]);
        tokens.ReadTrain(1, 5, 1, 0, own.Length, own);
        items.ReadTrain(1, 5, 1, 0, 6, sums);
        for (var item = 0; item < 6; item++)
        {
            var (first, count) = table.Of(item);
            Assert.Equal(own.Skip(first).Take(count).Sum(loss => (double)loss), sums[item], 1e-4);
        }

        var queries = TokenTable.Read(half.QueryTokens).Count;
        var expected = new TokenScores(TraceStore.Open(exact.TokenTraces)).Block(0, queries, 0, table.Count);
        var found = new TokenScores(tokens).Block(0, queries, 0, table.Count);
        Assert.Equal(0, expected.Correlation.Cast<float>().Zip(found.Correlation.Cast<float>(), (a, b) => Math.Abs(a - b)).Max(), 0.01f);
        Assert.Contains("--token-precision", Assert.Throws<InputException>(() => AttributionRun.Execute(
            Spec(), half.Root, resume: true, null, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [SharedDataFact(Llama, Stories)]
    public void A_run_in_bfloat16_says_what_it_costs_and_stays_close()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        Execute(Spec(), folder.At("exact"), CancellationToken.None);
        var spec = Spec() with { Precision = "bfloat16" };
        Assert.True(AttributionRun.Execute(spec, folder.At("half"), resume: false, new Listener(said), CancellationToken.None).Completed);
        Assert.Contains(said, line => line.Contains("bfloat16", StringComparison.Ordinal) && line.Contains("nats", StringComparison.Ordinal));
        var (exact, half) = (RunDirectory.Open(folder.At("exact")).ReadRecord(), RunDirectory.Open(folder.At("half")).ReadRecord());
        Assert.NotEqual(exact.Id, half.Id);
        Assert.Equal(exact.InitialTrainLoss, half.InitialTrainLoss, 0.01 * exact.InitialTrainLoss);
        Assert.NotEqual(exact.InitialTrainLoss, half.InitialTrainLoss);
    }

    private sealed class Listener(List<string> said) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Message is { } message)
            {
                said.Add(message);
            }
        }
    }

    [SharedDataFact(Llama, Stories)]
    public void Traces_of_tokens_that_would_take_too_much_are_refused_before_the_run()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<InputException>(() => Execute(Spec() with { TokenStorageGiB = 1e-6 }, folder.At("run"), CancellationToken.None));
        Assert.Contains("--token-storage", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("run")));
    }

    private static float[] Losses(string run)
    {
        var store = TraceStore.Open(RunDirectory.Open(run).TokenTraces);
        var losses = new float[store.Shape.Draws * store.Shape.TrainItems];
        store.ReadTrain(1, 0, store.Shape.Draws, 0, store.Shape.TrainItems, losses);
        return losses;
    }

    private static void Execute(RunSpec spec, string directory, CancellationToken cancellation)
        => Assert.True(AttributionRun.Execute(spec, directory, resume: false, null, cancellation).Completed);

    private static RunSpec Spec() => new()
    {
        Model = SharedData.At(Llama),
        Data = SharedData.At(Stories) + "[0:6]",
        Queries = SharedData.At(Stories) + "[10:12]",
        Context = 24,
        Windows = "first",
        PerToken = true,
        Sampler = "sgld",
        Epsilon = 1e-6,
        Nbeta = 10,
        Gamma = 1e4,
        Batch = 2,
        Chains = 2,
        Draws = 8,
        BurnIn = 2,
        Thin = 1,
        EvaluationBatch = 3,
        Threads = 1,
    };
}
