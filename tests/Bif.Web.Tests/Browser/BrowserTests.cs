using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Bif.Web.Tests.Browser;

/// <summary>The pages as a person uses them, in headless Chromium.</summary>
[Trait("Pace", "slow")]
[Collection("application")]
public sealed class BrowserTests(RunningApplication running) : IAsyncLifetime
{
    // Text that runs out of its own column into the next, and buttons that a phone does not show.
    private const string Beyond =
        """
        () => {
          const block = (node) => { while (getComputedStyle(node).display.startsWith('inline')) node = node.parentElement; return node; };
          const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
          const found = [];
          for (let text = texts.nextNode(); text; text = texts.nextNode()) {
            if (!text.data.trim() || text.parentElement.closest('svg, select, textarea, .plot') || !text.parentElement.checkVisibility()) continue;
            const column = block(text.parentElement);
            if (getComputedStyle(column).overflowX !== 'visible') continue;
            const range = document.createRange();
            range.selectNodeContents(text);
            if (range.getBoundingClientRect().right > column.getBoundingClientRect().right + 1) found.push(`text ${text.data.trim()}`);
          }
          for (const button of document.querySelectorAll('main button, main .button')) {
            if (button.checkVisibility() && button.getBoundingClientRect().right > innerWidth + 1) found.push(`button ${button.textContent.trim()}`);
          }
          return found.slice(0, 5);
        }
        """;

    private readonly List<string> _complaints = [];
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    private string Url => running.Application.Url;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.Launch(_playwright);
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    [Fact]
    public async Task From_the_first_page_to_a_ranking_and_on_to_a_training_picture_as_the_query()
    {
        var page = await Open("/");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Which training data");
        await page.GotoAsync($"{Url}/runs/{running.Run}");
        await Chromium.Live(page);
        await page.Locator(".strip-row .ranking .picture").Nth(2).ClickAsync();
        await page.WaitForURLAsync("**/images?item=*");
        await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await page.GotoAsync($"{Url}/runs/{running.Run}");
        await Chromium.Live(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Browse all" }).ClickAsync();
        await page.WaitForURLAsync("**/images");
        await Expect(page.Locator("section[aria-label=helpful] .ranking li")).ToHaveCountAsync(12);

        // Another query by the gallery, one side by its tab; both stand in the address and survive a reload.
        await page.Locator("nav.gallery a").Nth(5).ClickAsync();
        await page.WaitForURLAsync("**query=5*");
        await Expect(page.GetByText("Query 5", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Harmful", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**side=harmful*");
        await page.ReloadAsync();
        await Chromium.Live(page);
        await Expect(page.GetByText("Query 5", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("section[aria-label=harmful] .ranking li").First).ToBeVisibleAsync();

        // A picture seen large, then asked about.
        await page.Locator(".ranking .picture").First.ClickAsync();
        await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex("item="));

        // What is seen large stands in the address; Escape and the neighbours' links keep it right.
        await page.ReloadAsync();
        await Chromium.Live(page);
        await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");

        // The browser closes it before the application hears of it.
        await Expect(page.Locator("dialog")).ToBeHiddenAsync();
        await Expect(page).Not.ToHaveURLAsync(new Regex("item="));
        await page.Locator(".ranking .picture").First.ClickAsync();
        await page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Previous" }).ClickAsync();
        await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it the query" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("query=(?!5(&|$))[0-9]+"));
        await Expect(page.Locator(".query-card")).ToContainTextAsync("training item");
        await Expect(page.Locator("section[aria-label=harmful] .ranking li").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_ranking_that_the_database_gives_late_is_waited_for()
    {
        var page = await Open($"/runs/{running.Run}");
        var picture = page.Locator(".strip-row .ranking .picture").First;
        await Expect(picture).ToBeVisibleAsync();
        await using (await running.Hold("scores"))
        {
            await picture.ClickAsync();
            await page.WaitForURLAsync("**/images?item=*");
            await page.WaitForTimeoutAsync(1500);
            await Expect(page.GetByText("Reading the ranking")).ToBeVisibleAsync();
        }

        await Expect(page.Locator("dialog")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("dialog")).ToBeHiddenAsync();

        // Nor does the former ranking stand under the next query's name.
        var former = page.Locator("section[aria-label=helpful] .ranking li").First;
        await using (await running.Hold("scores"))
        {
            await page.Locator("nav.gallery a").Nth(4).ClickAsync();
            await page.WaitForURLAsync("**query=4*");
            await page.Locator("nav.gallery a").Nth(5).ClickAsync();
            await page.WaitForURLAsync("**query=5*");
            await page.WaitForTimeoutAsync(500);
            await Expect(page.GetByText("Query 0", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(former).ToBeVisibleAsync();
        }

        await Expect(page.GetByText("Query 5", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task What_was_weighed_stays_what_it_was_while_another_query_is_typed()
    {
        var page = await Open($"/runs/{running.Run}/group?what=class");
        var (weigh, prediction) = (page.GetByRole(AriaRole.Button, new() { Name = "Weigh them" }), page.GetByRole(AriaRole.Region, new() { Name = "Prediction" }));
        var query = prediction.Locator("dd").Nth(1);
        await weigh.ClickAsync();
        await Expect(query).ToContainTextAsync("0 (");
        foreach (var typed in new[] { "5", "-1" })
        {
            await page.Locator("#query").FillAsync(typed);
            await page.Keyboard.PressAsync("Tab");

            // The server has heard of the query when it has heard of what was chosen after it.
            await page.Locator("#what").SelectOptionAsync(typed == "5" ? "items" : "class");
            await Expect(page.Locator(typed == "5" ? "#items" : "#class")).ToBeVisibleAsync();
            await Expect(query).ToContainTextAsync("0 (");
        }

        // What the browser would not send is told by the server as well.
        await page.Locator("form.form").EvaluateAsync("form => { form.noValidate = true; }");
        await weigh.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("There is no query -1: the run has the queries 0 to 11.");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_run_ordered_in_the_page_is_followed_to_its_end_without_a_reload()
    {
        var page = await Open("/runs/new");
        await page.Locator("#model").FillAsync(running.Pictures.Model);
        await page.Locator("#data").FillAsync("/etc");
        await page.Locator("#queries").FillAsync(running.Pictures.Data + "@test");
        await page.GetByText("Settings", new() { Exact = true }).ClickAsync();
        await page.Locator("#sampler").SelectOptionAsync("sgld");
        await page.Locator("#draws").FillAsync("300");
        await page.Locator("#chains").FillAsync("2");
        await page.Locator("#nbeta").FillAsync("90");
        await page.Locator("#gamma").FillAsync("100");
        await page.Locator("#epsilon").FillAsync("2e-4");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not under one of the folders");

        await page.Locator("#data").FillAsync(running.Pictures.Data + "@train");
        await page.GetByRole(AriaRole.Button, new() { Name = "What would it cost?" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Estimate" })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/runs/[0-9a-f-]{36}$"), new() { Timeout = 60_000 });
        await Expect(page.Locator(".status")).ToContainTextAsync("finished", new() { Timeout = 90_000 });
        await Expect(page.Locator(".chains li")).ToHaveCountAsync(2);
        await Expect(page.Locator(".unseen[role=status]")).ToContainTextAsync("finished");
        await Expect(page.Locator(".plot .main-svg").First).ToBeVisibleAsync();
        await Expect(page.Locator(".ranking li").First).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Data_are_uploaded_in_the_page_and_chosen_with_a_click()
    {
        var page = await Open("/runs/new");
        await page.GetByText("Upload a model or data").ClickAsync();
        await page.Locator(".library input[type=file]").SetInputFilesAsync(new FilePayload { Name = "notes.txt.exe", MimeType = "text/plain", Buffer = "x"u8.ToArray() });
        await Expect(page.Locator(".library").GetByRole(AriaRole.Alert)).ToContainTextAsync("is neither a .zip nor");
        await page.Locator(".library input[type=file]").SetInputFilesAsync(new FilePayload { Name = "my notes.csv", MimeType = "text/csv", Buffer = "x,y\n1,2\n"u8.ToArray() });
        await Expect(page.Locator(".library [role=status]")).ToContainTextAsync("my-notes.csv");
        await page.GetByRole(AriaRole.Button, new() { Name = "trained on uploads/my-notes/my-notes.csv" }).ClickAsync();
        await Expect(page.Locator("#data")).ToHaveValueAsync(Path.Combine(running.DataFolder, "uploads/my-notes/my-notes.csv"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_picture_is_uploaded_looked_at_and_answered()
    {
        var page = await Open($"/runs/{running.Run}/images");

        // The browser hears of files one message later than it shows where to choose them, and draws charts after several.
        await Expect(page.Locator(".plot .main-svg").First).ToBeVisibleAsync();
        await page.GetByText("Ask about your own picture").ClickAsync();
        var picture = await running.Application.Client.GetByteArrayAsync($"/api/v1/runs/{running.Run}/items/31/image");
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "mine.png", MimeType = "image/png", Buffer = picture });
        await Expect(page.GetByText("The model sees")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.Locator(".panel select").First.SelectOptionAsync((31 % 3).ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        await Expect(page.Locator(".query-card")).ToContainTextAsync("mine.png", new() { Timeout = 30_000 });
        await Expect(page.Locator("section[aria-label=helpful] .ranking li").First).ToContainTextAsync("+1.000", new() { Timeout = 60_000 });
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_report_taken_in_the_page_reads_without_script_or_login()
    {
        var page = await Open($"/runs/{running.Run}/images?query=2");
        await page.GetByText("Share this ranking").ClickAsync();
        await page.GetByLabel("Title").FillAsync("What query 2 comes from");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        var link = await page.Locator(".panel a[href*='/r/']").GetAttributeAsync("href");
        await using var reader = await _browser.NewContextAsync(new() { JavaScriptEnabled = false });
        var report = await reader.NewPageAsync();
        await report.GotoAsync(link!);
        await Expect(report.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("What query 2 comes from");
        await Expect(report.Locator(".ranking li")).ToHaveCountAsync(48);
        Assert.True(await report.Locator(".ranking img").First.EvaluateAsync<bool>("image => image.complete && image.naturalWidth > 0"));

        // Its owner ends it on the run's page.
        await page.GotoAsync($"{Url}/runs/{running.Run}");
        await Chromium.Live(page);
        var row = page.Locator("tr", new() { HasText = "What query 2 comes from" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Expect(row.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await Expect(row.Locator("td").Nth(2)).ToHaveTextAsync("revoked");
        await report.GotoAsync(link!);
        await Expect(report.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("There is no report here");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Every_page_is_accessible_and_fits_a_phone()
    {
        // A run that can be continued, so that the jobs page has a button.
        var stopped = await running.Application.Order(running.Pictures.Order(draws: 5000, name: "stopped"));
        await running.Application.Client.PostAsync($"/api/v1/runs/{stopped}/cancel", null);
        await running.Application.WaitFor(stopped, now => now.GetProperty("state").GetString() == "cancelled", 30);
        var page = await _browser.NewPageAsync();
        var run = $"/runs/{running.Run}";
        foreach (var (address, content) in new[]
        {
            ("/", ".cards .cover img"), ("/runs/new", "#model"), ("/jobs", "table button"), (run, ".strip-row .picture"), (run + "/images", ".method-items li"), (run + "/data", ".ranking li"),
            (run + "/group", "#what"), (run + "/quality", "section[aria-label=Measure]"), ($"/compare?a={running.Run}&b={running.Run}&mb=bif", ".method-items li"), ("/nowhere", "h1"),
        })
        {
            await page.SetViewportSizeAsync(360, 740);
            await page.GotoAsync(Url + address);
            await Chromium.Live(page);
            await page.Locator(content).First.WaitForAsync();
            await Accessibility.Require(page);
            var width = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= 360, $"{address} is {width} pixels wide on a phone of 360");
            foreach (var phone in new[] { 360, 390 })
            {
                await page.SetViewportSizeAsync(phone, 740);
                var beyond = await page.EvaluateAsync<string[]>(Beyond);
                Assert.True(beyond.Length == 0, $"{address} on a phone of {phone}: {string.Join("; ", beyond)}");
            }

            // As wide as a screen gets: nothing overflows, and the content keeps to its column.
            await page.SetViewportSizeAsync(3840, 400);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 3840 && document.querySelector('main').offsetWidth <= 1760"), $"{address} on a screen of 3840");
        }
    }

    [Fact]
    public async Task A_report_and_its_embed_are_accessible_and_fit_a_phone()
    {
        using var taken = await running.Application.Client.PostAsJsonAsync("/api/v1/reports", new { run = running.Run, query = 3 });
        var link = (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("url").GetString();
        foreach (var address in new[] { link, link + "?embed" })
        {
            var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
            await page.GotoAsync(Url + address);
            await Accessibility.Require(page);
            Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360);
        }
    }

    [Fact]
    public async Task The_theme_is_switched_and_remembered()
    {
        var page = await Open("/");
        Task<string> Color() => page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor");
        var before = await Color();
        await page.Locator("[data-theme-switch]").ClickAsync();
        Assert.NotEqual(before, await Color());
        var after = await Color();
        await page.ReloadAsync();
        Assert.Equal(after, await Color());
        Assert.Empty(_complaints);
    }

    private async Task<IPage> Open(string address)
    {
        var page = await _browser.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        await page.GotoAsync(Url + address);

        await Chromium.Live(page);
        return page;
    }
}
