using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests.Jobs;

/// <summary>What surrounds the workers goes away, and comes back: the scores are those of an undisturbed run.</summary>
[Trait("Pace", "slow")]
public sealed class FaultTests : IDisposable
{
    // So many that a run that is asked after seldom is still found at work.
    private const int Draws = 1000;
    private readonly TemporaryFolder _folder = new();
    private readonly TinyPictures _pictures;

    public FaultTests()
    {
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        _pictures = TinyPictures.Write(_folder.At("pictures"));
    }

    private string[] Roots => ["--Bif:Roots:0", _folder.At("pictures")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_database_that_goes_away_for_a_while_stops_neither_sampling_nor_the_pages()
    {
        await using var database = await Database.Start(_folder.At("postgres"));
        await using var application = await Application.Start(_folder.At("data"), [.. Roots, .. database.Settings]);
        var undisturbed = await application.Order(_pictures.Order(Draws));
        await application.Finished(undisturbed);
        var run = await application.Order(_pictures.Order(Draws));
        await application.WaitFor(run, now => DrawsOf(now) > 100);
        await database.Stop();

        using var refused = await application.Client.GetAsync($"/api/v1/runs/{run}");
        Assert.True(refused.StatusCode == HttpStatusCode.ServiceUnavailable, application.Said);
        Assert.Contains("The database does not answer", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await application.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await application.Client.GetAsync("/health/live")).StatusCode);
        await Task.Delay(2000);
        await database.StartAgain();
        await application.Finished(run);
        Assert.Equal(Scores(undisturbed), Scores(run));
    }

    [Fact]
    public async Task A_private_database_that_is_killed_is_started_again()
    {
        await using var application = await Application.Start(_folder.At("data"), Roots);
        var run = await application.Order(_pictures.Order(Draws));
        await application.WaitFor(run, now => DrawsOf(now) > 100);
        Process.Start("kill", ["-QUIT", File.ReadLines(_folder.At("data/postgres/data/postmaster.pid")).First()]).WaitForExit();
        var clock = Stopwatch.StartNew();
        while (!application.Said.Contains("is started again", StringComparison.Ordinal) && clock.Elapsed.TotalSeconds < 30)
        {
            await Task.Delay(50);
        }

        await UntilItAnswers(application);
        await application.Finished(run);
        Assert.Contains("the private database ended", application.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_workers_on_one_database_share_the_chains_of_a_run_and_cancel_reaches_both()
    {
        await using var database = await Database.Start(_folder.At("postgres"));
        string[] settings = [.. Roots, .. database.Settings, "--Bif:CpuSlots", "1"];
        await using var web = await Application.Start(_folder.At("data"), settings);
        await using var worker = await Application.Start(_folder.At("data"), [.. settings, "--Bif:Roles:0", "worker", "--Bif:Roles:1", "worker"]);
        var run = await web.Order(_pictures.Order(4 * Draws));
        await web.WaitFor(run, now => now.GetProperty("chains").EnumerateArray().Count(chain => chain.GetProperty("draws").GetInt32() > 0) == 2);
        Assert.True((web.Said + worker.Said).Contains($"chain 0 of run {run}", StringComparison.Ordinal), web.Said + worker.Said);
        foreach (var each in new[] { web, worker })
        {
            Assert.Equal(1, new[] { 0, 1 }.Count(chain => each.Said.Contains($"chain {chain} of run {run}", StringComparison.Ordinal)));
        }

        using var cancelled = await web.Client.PostAsync($"/api/v1/runs/{run}/cancel", null);
        await web.WaitFor(run, now => now.GetProperty("state").GetString() == "cancelled", 30);
        Assert.True(DrawsOf(await web.Get($"/api/v1/runs/{run}")) < 8 * Draws);
    }

    [Fact]
    public async Task A_worker_that_lives_takes_over_from_one_that_was_killed_and_the_scores_are_the_same()
    {
        await using var database = await Database.Start(_folder.At("postgres"));
        string[] settings = [.. Roots, .. database.Settings, "--Bif:CpuSlots", "1"];
        await using var web = await Application.Start(_folder.At("data"), settings);
        await using var worker = await Application.Start(_folder.At("data"), [.. settings, "--Bif:Roles:0", "worker", "--Bif:Roles:1", "worker"]);
        var run = await web.Order(_pictures.Order(Draws));
        await web.WaitFor(run, now => now.GetProperty("chains").EnumerateArray().Count(chain => chain.GetProperty("draws").GetInt32() > 0) == 2);
        worker.Kill();
        await web.Finished(run, 240);
        var undisturbed = await web.Order(_pictures.Order(Draws));
        await web.Finished(undisturbed, 240);
        Assert.Equal(2, new[] { 0, 1 }.Count(chain => web.Said.Contains($"chain {chain} of run {run}", StringComparison.Ordinal)));
        Assert.Equal(Scores(undisturbed), Scores(run));
    }

    [Fact]
    public async Task A_full_disk_fails_the_run_with_a_sentence_and_it_goes_on_once_there_is_room()
    {
        // A mount of its own, seen by this process alone and gone with it; where even that is not allowed, there is nothing to fill.
        var runs = _folder.At("data/runs");
        Directory.CreateDirectory(runs);
        string[] starter = ["unshare", "-m", .. Environment.UserName == "root" ? Array.Empty<string>() : ["-r"], "sh", "-c", $"mount -t tmpfs -o size=24m none {runs} && exec \"$@\"", "sh", "dotnet"];
        await using var database = await Database.Start(_folder.At("postgres"));
        await using var application = await Application.Start(starter, _folder.At("data"), [.. Roots, .. database.Settings]);
        var undisturbed = await application.Order(_pictures.Order(Draws));
        await application.Finished(undisturbed);
        var expected = Scores(undisturbed, $"/proc/{application.ProcessId}/root");

        var run = await application.Order(_pictures.Order(Draws));
        await application.WaitFor(run, now => DrawsOf(now) > 100);
        var ballast = $"/proc/{application.ProcessId}/root{runs}/ballast";
        Fill(ballast);
        var failed = await Until(application, run, "failed");
        Assert.Contains("No space left", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("continue the run", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
        File.Delete(ballast);
        using var resumed = await application.Client.PostAsync($"/api/v1/runs/{run}/resume", null);
        await application.Finished(run);
        Assert.Equal(expected, Scores(run, $"/proc/{application.ProcessId}/root"));
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        for (var size = 1 << 16; size >= 1; size /= 16)
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // Full for pieces of this size.
            }
        }
    }

    private static async Task UntilItAnswers(Application application)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            using var answer = await application.Client.GetAsync("/api/v1/runs");
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(100);
        }

        throw new InvalidOperationException("The database did not come back: " + application.Said);
    }

    private static async Task<JsonElement> Until(Application application, Guid run, string state)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var now = await application.Get($"/api/v1/runs/{run}");
            if (now.GetProperty("state").GetString() == state)
            {
                return now;
            }

            await Task.Delay(100);
        }

        throw new InvalidOperationException($"The run did not come to {state}: {application.Said}");
    }

    private static int DrawsOf(JsonElement run) => run.GetProperty("draws").GetInt32();

    private string[] Scores(Guid run, string root = "") => [.. new[] { "bif", "correlation", "correlation_se" }.Select(
        name => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes($"{root}{_folder.At($"data/runs/{run:N}/scores/{name}.npy")}"))))];
}
