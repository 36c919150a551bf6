using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Bif.Web.Tests.Live;

[Collection("application")]
public sealed class HubTests(RunningApplication running)
{
    [Fact]
    public async Task The_official_client_sees_progress_states_and_rankings_at_most_five_times_a_second()
    {
        var run = await running.Application.Order(running.Pictures.Order(draws: 2000, name: "watched"));
        var script = Path.Combine(Repository.Root, "tests", "Bif.Web.Tests", "Live", "watch.cjs");
        using var node = Process.Start(new ProcessStartInfo("node", [script, Path.Combine(Repository.Root, "node_modules"), running.Application.Url, run.ToString()])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (said, errors) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        var received = JsonDocument.Parse(await said).RootElement;
        Assert.Equal("watched", received.GetProperty("joined").GetString());
        Assert.Equal("finished", received.GetProperty("states").EnumerateArray().Last().GetString());
        Assert.NotEmpty(received.GetProperty("rankings").EnumerateArray());
        var progress = received.GetProperty("progress").EnumerateArray().Select(each => (At: each.GetProperty("at").GetInt64(), Draws: each.GetProperty("draws").GetInt32())).ToList();
        Assert.True(progress.Count > 3);
        Assert.Equal(progress.Select(each => each.Draws).Order(), progress.Select(each => each.Draws));

        // A client that was held up receives late messages together, but not more of them.
        var seconds = (progress[^1].At - received.GetProperty("joinedAt").GetInt64()) / 1000.0;
        Assert.InRange(progress.Count, 1, (5 * seconds) + 2);
    }
}
