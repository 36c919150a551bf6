using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bif.Engine.Arrays;
using Xunit;

namespace Bif.Web.Tests.Api;

[Collection("application")]
public sealed class TasksApiTests(RunningApplication running)
{
    private HttpClient Client => running.Application.Client;

    private string Address => $"/api/v1/runs/{running.Run}";

    [Fact]
    public async Task Comparison_methods_are_computed_and_laid_beside_the_run()
    {
        foreach (var task in await Order("comparisons", new { methods = new[] { "gradsim", "random" } }))
        {
            Assert.Equal("finished", (await Ended(task)).GetProperty("state").GetString());
        }

        var rows = await running.Application.Get(Address + "/queries/4/methods?k=5");
        Assert.Equal(["correlation", "bif", "gradsim", "random"], rows.EnumerateArray().Select(row => row.GetProperty("method").GetString()));
        var file = NpyFile.ReadRow<float>(Path.Combine(running.RunFolder, "baselines", "gradsim.npy"), 4);
        var best = file.Select((score, item) => (score, item)).Order().Take(5).Select(each => each.item);
        var row = rows.EnumerateArray().Single(each => each.GetProperty("method").GetString() == "gradsim");
        Assert.Equal(best, row.GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("item").GetInt32()));
        var own = rows.EnumerateArray().First().GetProperty("helpful").EnumerateArray().Select(each => each.GetProperty("item").GetInt32());
        Assert.Equal(best.Intersect(own).Count() / 5.0, row.GetProperty("overlap").GetDouble(), 6);
    }

    [Fact]
    public async Task A_method_that_the_run_does_not_allow_fails_with_its_reason()
    {
        var task = Assert.Single(await Order("comparisons", new { methods = new[] { "bm25" } }));
        var ended = await Ended(task);
        Assert.Equal("failed", ended.GetProperty("state").GetString());
        Assert.Contains("bm25", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
        using var again = await Client.PostAsync($"{Address}/tasks/{task}/retry", null);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal("failed", (await Ended(task)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Retraining_without_a_class_gives_predicted_and_measured_changes()
    {
        var task = Assert.Single(await Order("removals", new { without = new { @class = "red" }, repeats = 2 }));
        var ended = await Ended(task);
        Assert.True(ended.GetProperty("state").GetString() == "finished", ended.ToString());
        var result = ended.GetProperty("result");
        Assert.Equal(TinyPictures.Train / 3, result.GetProperty("without").GetArrayLength());
        Assert.Equal(TinyPictures.Queries, result.GetProperty("measured").GetArrayLength());

        // Queries of the class that was left out get worse, more than those of the others.
        var changes = result.GetProperty("measured").EnumerateArray().Select(each => each.GetDouble()).ToList();
        var own = changes.Where((_, query) => query % 3 == 0).Average();
        Assert.True(own > 0.5 && own > changes.Where((_, query) => query % 3 != 0).Average() + 0.5, string.Join(' ', changes));
    }

    [Fact]
    public async Task A_cluster_of_items_can_be_left_out()
    {
        var task = Assert.Single(await Order("removals", new { without = new { cluster = 1, clusters = 3 }, repeats = 2 }));
        var ended = await Ended(task);
        Assert.True(ended.GetProperty("state").GetString() == "finished", ended.ToString());
        Assert.Equal("retrain without cluster 1 of 3", ended.GetProperty("title").GetString());
        var left = ended.GetProperty("result").GetProperty("without").EnumerateArray().Select(each => each.GetInt32()).ToArray();
        Assert.Equal(Bif.Engine.Runs.ItemClusters.Of(Bif.Engine.Traces.TraceStore.Open(Path.Combine(running.RunFolder, "traces.zarr")), 3)[0].Items, left);
    }

    [Theory]
    [InlineData("comparisons", """{"methods":["magic"]}""", "There is no comparison method")]
    [InlineData("comparisons", """{"methods":[]}""", "Name at least one")]
    [InlineData("removals", """{"without":{"items":"3-900"}}""", "is no item or range")]
    [InlineData("removals", """{"without":{}}""", "Say which items")]
    [InlineData("removals", """{"without":{"class":"violet"}}""", "there is no class")]
    [InlineData("removals", """{"without":{"cluster":4,"clusters":3}}""", "clusters 1 to 3")]
    [InlineData("removals", """{"without":{"cluster":1,"clusters":1}}""", "ask for 2 to")]
    [InlineData("removals", """{"without":{"cluster":1,"class":"red"}}""", "Say which items")]
    [InlineData("removals", """{"without":{"items":"0-89"}}""", "leave some out and some in")]
    [InlineData("removals", """{"without":{"items":"1"},"repeats":1}""", "repeats is 1")]
    public async Task A_bad_order_gets_one_sentence_and_queues_nothing(string kind, string order, string sentence)
    {
        var before = (await running.Application.Get(Address + "/tasks")).GetArrayLength();
        using var answer = await Client.PostAsync($"{Address}/{kind}", new StringContent(order, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, (await running.Application.Get(Address + "/tasks")).GetArrayLength());
    }

    [Fact]
    public async Task A_retraining_is_cancelled_within_seconds()
    {
        var task = Assert.Single(await Order("removals", new { without = new { items = "1-9" }, repeats = 50 }));
        using var answer = await Client.PostAsync($"{Address}/tasks/{task}/cancel", null);
        if (answer.StatusCode == HttpStatusCode.Accepted)
        {
            Assert.Contains((await Ended(task)).GetProperty("state").GetString(), new[] { "cancelled", "finished" });
        }
    }

    private async Task<int[]> Order(string kind, object order)
    {
        using var answer = await Client.PostAsJsonAsync($"{Address}/{kind}", order);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("tasks").EnumerateArray().Select(each => each.GetInt32())];
    }

    private async Task<JsonElement> Ended(int task)
    {
        for (var waited = 0; waited < 600; waited++)
        {
            var found = await running.Application.Get($"{Address}/tasks/{task}");
            if (found.GetProperty("state").GetString() is not ("queued" or "running"))
            {
                return found;
            }

            await Task.Delay(200);
        }

        throw new TimeoutException($"Task {task} did not end.");
    }
}
