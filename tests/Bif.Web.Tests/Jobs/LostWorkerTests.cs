using System.Net.Http.Json;
using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Jobs;

/// <summary>Runs whose process goes away, or that are stopped and continued.</summary>
[Trait("Pace", "slow")]
public sealed class LostWorkerTests : IDisposable
{
    // So many that a run that is asked after seldom is still found at work.
    private const int Many = 1000;
    private readonly TemporaryFolder _folder = new();
    private readonly TinyPictures _pictures;

    public LostWorkerTests()
    {
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        _pictures = TinyPictures.Write(_folder.At("pictures"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_application_goes_on_where_it_was_and_ends_with_the_same_scores()
    {
        Guid undisturbed, run;
        await using (var first = await Start())
        {
            undisturbed = await first.Order(_pictures.Order(Many));
            await first.Finished(undisturbed);
            run = await first.Order(_pictures.Order(Many));
            await first.WaitFor(run, now => Draws(now) > 120);
            first.Kill();
        }

        await using (var second = await Start())
        {
            var taken = await second.Get($"/api/v1/runs/{run}");
            Assert.NotEqual("finished", taken.GetProperty("state").GetString());
            await second.Finished(run);
        }

        Assert.Equal(Scores(undisturbed), Scores(run));
    }

    [Fact]
    public async Task A_stopped_application_keeps_its_runs_and_a_cancelled_run_can_be_continued()
    {
        Guid run;
        await using (var first = await Start())
        {
            run = await first.Order(_pictures.Order(Many));
            await first.WaitFor(run, now => Draws(now) > 100);
            using var cancelled = await first.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
            Assert.True(cancelled.IsSuccessStatusCode);
            var stopped = await first.WaitFor(run, now => now.GetProperty("state").GetString() == "cancelled", 30);
            Assert.True(Draws(stopped) < 2 * Many);
            using var again = await first.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
            Assert.Equal(System.Net.HttpStatusCode.Conflict, again.StatusCode);
            using var resumed = await first.Client.PostAsync($"/api/v1/runs/{run}/resume", null);
            Assert.True(resumed.IsSuccessStatusCode);
            await first.WaitFor(run, now => now.GetProperty("state").GetString() == "sampling");
            Assert.Equal(0, await first.Stop());
        }

        await using var second = await Start();
        var before = await second.Get($"/api/v1/runs/{run}");
        Assert.True(Draws(before) > 100);
        await second.Finished(run);
    }

    // Gradients of two thousand pictures take long enough to be found at it.
    [Fact]
    public async Task A_run_that_is_being_scored_can_be_cancelled_and_continued_and_a_stop_does_not_wait_for_it()
    {
        Directory.CreateDirectory(_folder.At("pictures/many"));
        var pictures = File.ReadAllBytes(Path.Combine(_pictures.Data, "data_batch_1.bin"));
        File.WriteAllBytes(_folder.At("pictures/many/data_batch_1.bin"), [.. Enumerable.Repeat(pictures, 22).SelectMany(each => each)]);
        await using var application = await Start();
        var run = await application.Order(new
        {
            name = "long scoring", model = _pictures.Model, data = _folder.At("pictures/many") + "@train", queries = _pictures.Data + "@test",
            sampler = "laplace", nbeta = 90.0, gamma = 100.0, chains = 2, draws = 20, seed = 3,
        });
        await application.WaitFor(run, IsScored);
        using var cancelled = await application.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
        Assert.True(cancelled.IsSuccessStatusCode);
        var stopped = await application.WaitFor(run, now => now.GetProperty("state").GetString() == "cancelled", 30);
        Assert.Equal(40, Draws(stopped));
        using var resumed = await application.Client.PostAsync($"/api/v1/runs/{run}/resume", null);
        Assert.True(resumed.IsSuccessStatusCode);
        await application.WaitFor(run, IsScored);
        Assert.Equal(0, await application.Stop());
        Assert.False(File.Exists(_folder.At($"data/runs/{run:N}/scores/bif.npy")));

        static bool IsScored(JsonElement now) => now.GetProperty("state").GetString() == "estimating" && now.GetProperty("fraction").ValueKind == JsonValueKind.Number;
    }

    [Fact]
    public async Task Bad_input_found_by_the_worker_fails_the_run_once_with_its_reason()
    {
        await using var application = await Start();
        var run = await application.Order(_pictures.Order(3 * Many));
        await application.WaitFor(run, now => Draws(now) > 50);
        await application.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
        await application.WaitFor(run, now => now.GetProperty("state").GetString() == "cancelled", 30);
        File.WriteAllBytes(Path.Combine(_pictures.Data, "data_batch_1.bin"), new byte[3073]);
        await application.Client.PostAsync($"/api/v1/runs/{run}/resume", null);
        var failed = await Poll(application, run, "failed");
        Assert.Contains("another spec", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> Poll(Application application, Guid run, string state)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var now = await application.Client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}");
            if (now.GetProperty("state").GetString() == state)
            {
                return now;
            }

            await Task.Delay(100);
        }

        throw new InvalidOperationException("The run did not come there: " + application.Said);
    }

    private static int Draws(JsonElement run) => run.GetProperty("draws").GetInt32();

    private Task<Application> Start() => Application.Start(_folder.At("data"), "--Bif:Roots:0", _folder.At("pictures"));

    private string[] Scores(Guid run) =>
        [.. new[] { "bif", "correlation", "correlation_se" }.Select(name => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_folder.At($"data/runs/{run:N}/scores/{name}.npy")))))];
}
