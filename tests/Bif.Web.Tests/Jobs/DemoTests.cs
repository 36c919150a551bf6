using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Jobs;

[Trait("Pace", "slow")]
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DemoTests() => File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_first_start_makes_both_demos_and_the_second_waits_until_the_first_is_prepared()
    {
        // A later --Bif:Demo wins.
        await using var application = await Application.Start(_folder.At("data"), "--Bif:Demo", "true");
        var runs = (await application.Get("/api/v1/runs")).EnumerateArray().Where(run => run.GetProperty("isDemo").GetBoolean()).OrderBy(run => run.GetProperty("createdAt").GetDateTime()).ToList();
        Assert.Equal(["Demo: ten drawn shapes", "Demo: sentences in two languages"], runs.Select(run => run.GetProperty("name").GetString()));
        var (first, second) = (runs[0].GetProperty("id").GetGuid(), runs[1].GetProperty("id").GetGuid());
        await application.WaitFor(first, now => State(now) == "preparing" && (Message(now)?.Contains("epoch", StringComparison.Ordinal) ?? false));
        Assert.Equal("queued", State(await application.Get($"/api/v1/runs/{second}")));

        // Whatever becomes of the first one: here it is stopped.
        using var answer = await application.Client.PostAsync($"/api/v1/runs/{first}/cancel", null);
        answer.EnsureSuccessStatusCode();
        await application.WaitFor(first, now => State(now) == "cancelled");
        await application.WaitFor(second, now => State(now) == "preparing" && (Message(now)?.StartsWith("demo:", StringComparison.Ordinal) ?? false));
        Assert.True(File.Exists(_folder.At("data/demo-text/train.tsv")));
    }

    private static string State(JsonElement run) => run.GetProperty("state").GetString()!;

    private static string? Message(JsonElement run) => run.GetProperty("message").GetString();
}
