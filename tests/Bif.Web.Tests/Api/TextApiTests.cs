using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Bif.Web.Browsing;
using Xunit;

namespace Bif.Web.Tests.Api;

[Collection("texts")]
public sealed class TextApiTests(RunningTexts running)
{
    private string Address => $"/api/v1/runs/{running.Run}/queries/1/tokens";

    private HttpClient Client => running.Application.Client;

    [Theory]
    [InlineData("token")]
    [InlineData("word")]
    [InlineData("sentence")]
    public async Task A_query_s_units_make_up_its_text(string by)
    {
        var answer = await Get($"?by={by}");
        var (passage, units) = (answer.GetProperty("passage").GetString()!, answer.GetProperty("units").EnumerateArray().ToList());
        Assert.All(units, unit => Assert.Equal(passage[unit.GetProperty("start").GetInt32()..unit.GetProperty("end").GetInt32()], unit.GetProperty("text").GetString()));
        var whole = (await Get("?by=passage")).GetProperty("units").EnumerateArray().Single();
        Assert.Equal(whole.GetProperty("tokens").GetInt32(), units.Sum(unit => unit.GetProperty("tokens").GetInt32()));
        Assert.Equal(whole.GetProperty("loss").GetDouble(), units.Sum(unit => unit.GetProperty("loss").GetDouble()), 3);
    }

    [Fact]
    public void Pieces_in_a_row_are_the_passage_even_where_tokens_share_a_character()
    {
        var folder = RunTokens.Open(RunDirectory.Open(running.RunFolder));
        foreach (var level in Enum.GetValues<TextLevel>())
        {
            for (var item = 0; item < TinyTexts.Train; item++)
            {
                var pieces = TextPieces.Of(folder.Passages.Passages[item], folder.Tokens, folder.Of(level, item));
                Assert.Equal(folder.Passages.Passages[item], string.Concat(pieces.Select(piece => piece.Text)));
                Assert.Equal(Enumerable.Range(0, folder.Of(level, item).Count), pieces.Where(piece => piece.Unit >= 0).Select(piece => piece.Unit));
            }
        }

        Assert.Contains("😀", folder.Passages.Passages[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shades_of_tokens_add_up_to_those_of_words_sentences_and_the_passage()
    {
        async Task<double[]> Sums(string by, string token) => [.. (await Get($"/shades?items=4,7&by={by}{token}")).EnumerateArray().Select(item => item.GetProperty("bif").EnumerateArray().Sum(value => value.GetDouble()))];
        var (tokens, passages) = (await Sums("token", ""), await Sums("passage", ""));
        foreach (var sums in new[] { await Sums("word", ""), await Sums("sentence", ""), passages })
        {
            Assert.All(tokens.Zip(sums), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * (1 + Math.Abs(pair.First))));
        }

        // And over the query's tokens: what one column of the matrix says.
        var count = (await Get("?by=token")).GetProperty("units").GetArrayLength();
        var matrix = await Get("/matrix?item=4");
        Assert.Equal(count, matrix.GetProperty("allRows").GetInt32());
        Assert.Equal(tokens[0], matrix.GetProperty("bif").EnumerateArray().Sum(value => value.GetDouble()), 2e-4 * (1 + Math.Abs(tokens[0])));
    }

    [Fact]
    public async Task Binary_answers_hold_the_numbers_of_the_JSON_ones_and_tiles_those_of_the_whole()
    {
        var json = (await Get("/shades?items=4,7&by=word&token=2")).EnumerateArray().ToList();
        var binary = await Client.GetByteArrayAsync(Address + "/shades?items=4,7&by=word&token=2&format=bin");
        var (ints, floats) = (MemoryMarshal.Cast<byte, int>(binary).ToArray(), MemoryMarshal.Cast<byte, float>(binary).ToArray());
        Assert.Equal((2, 4), (ints[0], ints[1]));
        Assert.Equal(json[0].GetProperty("correlation").EnumerateArray().Select(value => value.GetSingle()), floats[3..(3 + ints[2])]);

        var whole = await Get("/matrix?item=4&by=word");
        var (rows, columns) = (whole.GetProperty("allRows").GetInt32(), whole.GetProperty("allColumns").GetInt32());
        var tile = await Client.GetByteArrayAsync(Address + "/matrix?item=4&by=word&row=2&rows=3&column=1&columns=2&format=bin");
        Assert.Equal([3, 2, rows, columns], MemoryMarshal.Cast<byte, int>(tile.AsSpan(0, 16)).ToArray());
        var correlation = whole.GetProperty("correlation").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.Equal(
            from row in Enumerable.Range(2, 3) from column in Enumerable.Range(1, 2) select correlation[(row * columns) + column],
            MemoryMarshal.Cast<byte, float>(tile.AsSpan(16, 24)).ToArray());
    }

    [Theory]
    [InlineData("token", "full", "helpful")]
    [InlineData("word", "partial", "harmful")]
    public async Task The_most_related_units_are_those_that_scoring_all_of_the_corpus_finds(string by, string view, string side)
    {
        var top = await Get($"/top?token=3&by={by}&view={view}&side={side}&k=4");
        var all = (await Get($"/shades?items={string.Join(',', Enumerable.Range(0, TinyTexts.Train))}&token=3&by={by}&view={view}")).EnumerateArray()
            .SelectMany(item => item.GetProperty("correlation").EnumerateArray().Select((value, unit) => (Value: value.GetSingle(), Item: item.GetProperty("item").GetInt32(), Unit: unit))).ToList();
        Assert.Equal(all.Count, top.GetProperty("candidates").GetInt32());
        var best = side == "helpful" ? all.Max(each => each.Value) : all.Min(each => each.Value);
        var first = top.GetProperty("units")[0];
        Assert.Equal(best, first.GetProperty("correlation").GetSingle(), 4);
        Assert.Contains(all, each => each.Item == first.GetProperty("item").GetInt32() && each.Unit == first.GetProperty("unit").GetInt32() && Math.Abs(each.Value - best) < 1e-4);
        Assert.True(top.GetProperty("noiseFloor").GetDouble() > 0);

        var passages = await Get($"/passages?token=3&by={by}&view={view}&side={side}&size=5");
        Assert.Equal(first.GetProperty("item").GetInt32(), passages.GetProperty("passages")[0].GetProperty("item").GetInt32());
        Assert.Equal((TinyTexts.Train, 6), (passages.GetProperty("total").GetInt32(), passages.GetProperty("pages").GetInt32()));
    }

    [Fact]
    public async Task Passages_as_wholes_rank_as_the_score_files_do_for_the_whole_query()
    {
        var passages = await Get("/passages?order=passage&size=100");
        var scores = Bif.Engine.Arrays.NpyFile.ReadRow<float>(Path.Combine(running.RunFolder, "scores", "correlation.npy"), 1);
        Assert.All(passages.GetProperty("passages").EnumerateArray(), passage =>
        {
            Assert.Equal(scores[passage.GetProperty("item").GetInt32()], passage.GetProperty("correlation").GetSingle(), 1e-3f);
            Assert.Equal(-1, passage.GetProperty("best").GetInt32());
        });
        var found = await Get("/passages?find=HILL&size=100");
        Assert.Equal(TinyTexts.Train / 3, found.GetProperty("total").GetInt32(), 1.0);
    }

    [Theory]
    [InlineData("/top?by=letter", "by is \"letter\"")]
    [InlineData("/top?token=9999", "There is no token 9999")]
    [InlineData("?token=9999", "There is no token 9999")]
    [InlineData("?by=word&token=-1", "There is no word -1")]
    [InlineData("/shades?items=1,x", "no number")]
    [InlineData("/shades?items=99", "There is no training item 99")]
    [InlineData("/matrix?item=-1", "There is no training item -1")]
    public async Task A_bad_wish_gets_one_sentence(string wish, string sentence)
    {
        using var answer = await Client.GetAsync(Address + wish);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_without_traced_tokens_says_so_and_pictures_have_none()
    {
        var run = await running.Application.Order(running.Texts.Order(perToken: false, name: "whole texts"));
        await running.Application.Finished(run);
        using var answer = await Client.GetAsync($"/api/v1/runs/{run}/queries/0/tokens");
        Assert.Contains("were not traced", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync($"/api/v1/runs/{Guid.NewGuid()}/queries/0/tokens")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync($"/api/v1/runs/{run}/items/0/image")).StatusCode);

        // Its page and its reports rank passages as wholes.
        Assert.Contains("passages are ranked as wholes", await Client.GetStringAsync($"/runs/{run}/text"), StringComparison.Ordinal);
        using var taken = await Client.PostAsJsonAsync("/api/v1/reports", new { run, query = 0 });
        var report = await Client.GetStringAsync((await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("url").GetString());
        Assert.Contains("sat on the", report, StringComparison.Ordinal);
        Assert.DoesNotContain("/images/", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_draws_come_from_a_chain_no_noise_can_be_taken_out_and_a_sentence_says_why()
    {
        using var refused = await Client.PostAsJsonAsync($"/api/v1/runs/{running.Run}/responses", new { query = 0, token = 1 });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("not from a known Gaussian", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_library_lists_texts_and_an_estimate_counts_their_tokens()
    {
        var library = await running.Application.Get("/api/v1/library");
        Assert.Equal([running.Texts.Queries, running.Texts.Data], library.GetProperty("data").EnumerateArray().Select(each => each.GetProperty("path").GetString()));
        async Task<long> Bytes(bool perToken)
        {
            using var answer = await Client.PostAsJsonAsync("/api/v1/estimates", running.Texts.Order(perToken));
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("traceBytes").GetInt64();
        }

        var store = TraceStore.Open(RunDirectory.Open(running.RunFolder).TokenTraces);
        Assert.Equal(80L * 4 * (store.Shape.TrainItems + store.Shape.QueryItems), await Bytes(true) - await Bytes(false));
        Assert.Equal(80, new TokenScores(store).Draws);
    }

    [Fact]
    public async Task A_passage_that_is_written_now_gets_its_heatmap_from_the_run_s_draws()
    {
        var own = $"/api/v1/runs/{running.Run}/queries";
        var copy = RunTokens.Open(RunDirectory.Open(running.RunFolder)).Passages.Passages[7];
        using var asked = await Client.PostAsJsonAsync(own + "/text", new { text = copy });
        var query = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("query").GetInt32();
        for (var attempt = 0; (await running.Application.Get($"{own}/{query}")).GetProperty("state").GetString() != "finished"; attempt++)
        {
            Assert.True(attempt < 600, running.Application.Said);
            await Task.Delay(100);
        }

        // The passage is a copy of item 7: each of its tokens moves with its own copy there.
        var matrix = await running.Application.Get($"{own}/{query}/tokens/matrix?item=7");
        var (columns, values) = (matrix.GetProperty("columns").GetInt32(), matrix.GetProperty("correlation"));
        Assert.Equal(columns, matrix.GetProperty("rows").GetInt32());
        Assert.All(Enumerable.Range(0, columns), unit => Assert.Equal(1, values[(unit * columns) + unit].GetDouble(), 0.01));
        using var empty = await Client.PostAsJsonAsync(own + "/text", new { text = "  " });
        Assert.Contains("Write a passage first", await empty.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var single = await Client.PostAsJsonAsync(own + "/text", new { text = "x" });
        Assert.Contains("nothing to predict", await single.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<JsonElement> Get(string path) => running.Application.Get(Address + path);
}
