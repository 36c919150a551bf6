using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bif.Testing;
using Bif.Web.Tests.Browser;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Bif.Web.Tests.Api;

/// <summary>Downloads as a person orders them, from a hub on this machine that answers slowly where a test wants it to.</summary>
public sealed class DownloadTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualResetEventSlim _released = new(true);
    private LoopbackServer _server = null!;
    private Application _application = null!;

    public async Task InitializeAsync()
    {
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        var hub = new HubServer("owner/model", new() { ["config.json"] = """{"model_type": "gpt_neox"}"""u8.ToArray(), ["model.safetensors"] = new byte[400_000], ["tokenizer.json"] = new byte[2000] });
        hub.Instead["model.safetensors"] = request =>
        {
            // Half of it, then nothing until the test goes on.
            if (request.From is null)
            {
                return LoopbackServer.File(request, new byte[400_000], cut: 200_000);
            }

            _released.Wait(TimeSpan.FromSeconds(60));
            return LoopbackServer.File(request, new byte[400_000]);
        };
        _server = new(hub.Answer);
        _application = await Start();
    }

    public async Task DisposeAsync()
    {
        _released.Set();
        await _application.DisposeAsync();
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_download_is_stopped_and_goes_on_after_a_restart_without_fetching_anything_twice()
    {
        _released.Reset();
        await Order("hf:owner/model");
        await Until("hf:owner/model", entry => entry.GetProperty("bytes").GetInt64() > 200_000);
        using (var stopped = await _application.Client.PostAsJsonAsync("/api/v1/downloads/cancel", new { what = "hf:owner/model" }))
        {
            Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        }

        Assert.Equal("stopped", (await Until("hf:owner/model", _ => true)).GetProperty("state").GetString());
        Assert.Empty((await _application.Get("/api/v1/library")).GetProperty("models").EnumerateArray());
        Assert.Equal(0, await _application.Stop());
        await _application.DisposeAsync();
        _released.Set();
        _application = await Start();
        await Until("hf:owner/model", entry => entry.GetProperty("state").GetString() == "stopped");
        await Order("hf:owner/model");
        var finished = await Until("hf:owner/model", entry => entry.GetProperty("state").GetString() == "finished");
        var path = Assert.Single(finished.GetProperty("paths").EnumerateArray()).GetString();
        Assert.Equal(_folder.At("data/downloads/owner/model"), path);
        Assert.Contains((await _application.Get("/api/v1/library")).GetProperty("models").EnumerateArray(), model => model.GetProperty("path").GetString() == path);
        Assert.Single(_server.Requests, request => request.Path.EndsWith("/model.safetensors", StringComparison.Ordinal) && request.From is null);
    }

    [Fact]
    public async Task A_download_that_fails_says_why_and_what_is_no_name_is_refused()
    {
        await Order("mnist");
        var failed = await Until("mnist", entry => entry.GetProperty("state").GetString() == "failed");
        Assert.Contains("is not there (404)", failed.GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var what in new[] { "imagenet", "hf:model", "../x", "" })
        {
            using var answer = await _application.Client.PostAsJsonAsync("/api/v1/downloads", new { what });
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("give hf:OWNER/NAME", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Pace", "slow")]
    public async Task The_page_shows_progress_stops_and_goes_on_and_offers_what_came()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.Launch(playwright);
        var page = await browser.NewPageAsync();
        await page.GotoAsync(_application.Url + "/runs/new");
        await Chromium.Live(page);
        await page.GetByText("Get a model or data from the network").ClickAsync();
        var field = page.GetByLabel("A data set, or a model");
        await Expect(field).ToBeVisibleAsync();
        var panel = page.Locator(".downloads");

        await field.FillAsync("hf:nonsense");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        await Expect(panel.GetByRole(AriaRole.Alert)).ToContainTextAsync("give hf:OWNER/NAME");
        _released.Reset();
        await field.FillAsync("hf:owner/model");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        await Expect(panel.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("aria-valuenow", "50", new() { Timeout = 15_000 });
        var found = await page.RunAxe();
        Assert.Empty(found.Violations.Where(violation => violation.Impact is "serious" or "critical").Select(violation => $"{violation.Id}: {violation.Help}"));
        await panel.GetByRole(AriaRole.Button, new() { Name = "Stop hf:owner/model" }).ClickAsync();
        await Expect(panel.Locator("li")).ToContainTextAsync("what has arrived is kept");
        _released.Set();
        await panel.GetByRole(AriaRole.Button, new() { Name = "Go on with hf:owner/model" }).ClickAsync();
        await Expect(panel.Locator("li.finished")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "downloads/owner/model" }).ClickAsync();
        await Expect(page.Locator("#model")).ToHaveValueAsync(_folder.At("data/downloads/owner/model"));
    }

    private Task<Application> Start() => Application.Start(_folder.At("data"), "--Bif:DownloadMirror", _server.Address, "--Bif:DownloadDataMirror", _server.Address + "/sets");

    private async Task Order(string what)
    {
        using var answer = await _application.Client.PostAsJsonAsync("/api/v1/downloads", new { what });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private async Task<JsonElement> Until(string what, Func<JsonElement, bool> holds)
    {
        for (var attempt = 0; ; attempt++)
        {
            var entries = await _application.Get("/api/v1/downloads");
            if (entries.EnumerateArray().FirstOrDefault(entry => entry.GetProperty("what").GetString() == what) is { ValueKind: JsonValueKind.Object } entry && holds(entry))
            {
                return entry;
            }

            Assert.True(attempt < 300, $"{what} did not get there: {entries}");
            await Task.Delay(100);
        }
    }
}
