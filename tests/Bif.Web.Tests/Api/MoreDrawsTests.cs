using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Bif.Web.Tests.Api;

/// <summary>Draws added to finished runs, by a person and by a wanted reliability.</summary>
[Collection("application")]
public sealed class MoreDrawsTests(RunningApplication running)
{
    private HttpClient Client => running.Application.Client;

    [Fact]
    public async Task A_finished_run_with_draws_added_scores_as_one_long_run_and_answers_its_added_queries_again()
    {
        var longer = await Ordered(running.Pictures.Order(draws: 90, name: "long"));
        var run = await Ordered(running.Pictures.Order(draws: 40, name: "short"));
        var address = $"/api/v1/runs/{run}";
        using var asked = await Client.PostAsJsonAsync(address + "/queries", new { item = 11 });
        var query = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("query").GetInt32();
        await running.Application.Answered(address, query);
        using var more = await Client.PostAsJsonAsync(address + "/draws", new { draws = 90 });
        Assert.True(more.StatusCode == HttpStatusCode.Accepted, await more.Content.ReadAsStringAsync());
        await running.Application.Finished(run);
        await running.Application.Answered(address, query);

        Assert.Equal(Scores(longer), Scores(run));
        Assert.Equal(180, (await running.Application.Get(address + "/queries/0/top")).GetProperty("draws").GetInt32());
        var chains = (await running.Application.Get(address)).GetProperty("chains").EnumerateArray();
        Assert.All(chains, chain => Assert.Equal((90, 90), (chain.GetProperty("draws").GetInt32(), chain.GetProperty("totalDraws").GetInt32())));
        using var same = await Client.PostAsJsonAsync($"/api/v1/runs/{longer}/queries", new { item = 11 });
        var other = (await same.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("query").GetInt32();
        await running.Application.Answered($"/api/v1/runs/{longer}", other);
        Assert.Equal(await Best($"/api/v1/runs/{longer}", other), await Best(address, query));
    }

    [Theory]
    [InlineData(60, "draws must be 61 to 100,000")]
    [InlineData(200_000, "draws must be 61 to 100,000")]
    public async Task Fewer_draws_or_too_many_are_refused_and_nothing_is_queued(int draws, string sentence)
    {
        using var refused = await Client.PostAsJsonAsync($"/api/v1/runs/{running.Run}/draws", new { draws });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(sentence, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("finished", (await running.Application.Get($"/api/v1/runs/{running.Run}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_run_goes_on_until_the_reliability_that_was_asked_for()
    {
        var order = JsonSerializer.SerializeToNode(running.Pictures.Order(draws: 400, name: "reliable"))!.AsObject();
        order["targetReliability"] = 0.999;
        var run = await Ordered(order);
        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(running.DataFolder, "runs", $"{run:N}", "run.json")))!;
        var reached = record["outlook"]!["reliability"]!.GetValue<double>();
        var draws = record["settings"]!["draws"]!.GetValue<int>();
        Assert.True(draws > 50, $"{draws} draws were enough at once");
        Assert.True(reached >= 0.999 || draws == 400, $"{reached} at {draws} draws");
        order["targetReliability"] = 1.0;
        using var refused = await Client.PostAsJsonAsync("/api/v1/runs", order);
        Assert.Contains("target reliability must be above 0 and below 1", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<Guid> Ordered(object order)
    {
        var run = await running.Application.Order(order);
        await running.Application.Finished(run);
        return run;
    }

    private async Task<string> Best(string address, int query) => (await running.Application.Get($"{address}/queries/{query}/top?k=5")).GetProperty("helpful").ToString();

    private byte[] Scores(Guid run) => File.ReadAllBytes(Path.Combine(running.DataFolder, "runs", $"{run:N}", "scores", "correlation.npy"));
}
