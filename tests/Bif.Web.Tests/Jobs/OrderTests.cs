using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Bif.Web.Tests.Jobs;

/// <summary>What waits while all places are taken.</summary>
[Collection("application")]
public sealed class OrderTests(RunningApplication running)
{
    private readonly List<Guid> _ordered = [];

    private Application Application => running.Application;

    [Fact]
    public async Task A_run_of_a_higher_priority_goes_first_and_a_query_that_waits_is_stopped_at_once()
    {
        try
        {
            await Prioritise();
        }
        finally
        {
            // Whatever failed, the other tests of the application have its places.
            foreach (var run in _ordered)
            {
                using var stopped = await Application.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
            }
        }
    }

    private async Task Prioritise()
    {
        var (first, second) = (await Long("long one"), await Long("long two"));
        await Application.WaitFor(first, IsDrawing);
        await Application.WaitFor(second, IsDrawing);
        using var asked = await Application.Client.PostAsJsonAsync($"/api/v1/runs/{running.Run}/queries", new { item = 77 });
        var address = $"/api/v1/runs/{running.Run}/queries/{(await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("query").GetInt32()}";
        using var cancelled = await Application.Client.PostAsync(address + "/cancel", null);
        Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        Assert.Equal("cancelled", (await Application.Get(address)).GetProperty("state").GetString());
        using var again = await Application.Client.PostAsync(address + "/cancel", null);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);

        var (low, high) = (await Order("low", 0, 1, 20), await Order("high", 5, 1, 20));
        Assert.Equal((1, 0), (Position(await Application.Get($"/api/v1/runs/{low}")), Position(await Application.Get($"/api/v1/runs/{high}"))));
        using var working = await Application.Client.DeleteAsync($"/api/v1/runs/{first}");
        Assert.Equal(HttpStatusCode.Conflict, working.StatusCode);
        await Cancel(first);
        var (later, sooner) = (await Application.Finished(low), await Application.Finished(high));
        Assert.True(sooner.GetProperty("startedAt").GetDateTime() < later.GetProperty("startedAt").GetDateTime());
        await Cancel(second);

        // What has ended can be removed, with its folder.
        var folder = running.RunFolder.Replace($"{running.Run:N}", $"{low:N}", StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder));
        using var deleted = await Application.Client.DeleteAsync($"/api/v1/runs/{low}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.False(Directory.Exists(folder));
        using var gone = await Application.Client.DeleteAsync($"/api/v1/runs/{low}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static bool IsDrawing(JsonElement run) => run.GetProperty("draws").GetInt32() > 0;

    private static int Position(JsonElement run) => run.GetProperty("queuePosition").GetInt32();

    private Task<Guid> Long(string name) => Order(name, 0, 1, 12_000);

    private async Task<Guid> Order(string name, int priority, int chains, int draws)
    {
        var order = JsonSerializer.SerializeToNode(running.Pictures.Order(draws, name: name))!.AsObject();
        (order["chains"], order["priority"]) = (chains, priority);
        _ordered.Add(await Application.Order(order));
        return _ordered[^1];
    }

    private async Task Cancel(Guid run)
    {
        using var answer = await Application.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
        await Application.WaitFor(run, now => now.GetProperty("state").GetString() == "cancelled", 180);
    }
}
