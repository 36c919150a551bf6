using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Bif.Web.Tests.Browser;

/// <summary>
/// The heatmap of texts as a person uses it, in headless Chromium. A click shades what is in view at once (data-shaded); passages
/// that the server ranked for it come later (data-ranked).
/// </summary>
[Collection("texts")]
public sealed class TextPageTests(RunningTexts running) : IAsyncLifetime
{
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
    public async Task A_token_is_chosen_by_click_and_by_keys_and_the_passages_are_shaded_anew()
    {
        var page = await Open($"/runs/{running.Run}/text?query=1");
        await Expect(page.Locator(".texts[data-ranked=all]")).ToBeVisibleAsync();
        await Expect(page.Locator(".passages > li")).ToHaveCountAsync(12);

        // The texts are shown exactly, but for the marks beside line ends.
        var passage = (await running.Application.Get($"/api/v1/runs/{running.Run}/queries/1/tokens")).GetProperty("passage").GetString()!;
        var shown = await page.Locator(".query-text").EvaluateAsync<string>("box => { const copy = box.cloneNode(true); copy.querySelectorAll('.mark').forEach(mark => mark.remove()); return copy.textContent; }");
        Assert.Equal(passage, shown.Trim());

        await page.Locator(".query-text [data-u='5']").ClickAsync();
        await page.WaitForURLAsync("**token=5*");
        await Expect(page.Locator(".texts[data-ranked='5']")).ToBeVisibleAsync();
        var heat = await Heat(page);
        await page.Keyboard.PressAsync("ArrowRight");
        await page.WaitForURLAsync("**token=6*");
        await Expect(page.Locator(".texts[data-ranked='6']")).ToBeVisibleAsync();
        Assert.NotEqual(heat, await Heat(page));
        await Expect(page.Locator(".query-text [aria-current]")).ToHaveCountAsync(1);

        // The heat of a token is that of its score.
        await page.Locator(".passage [data-u]").Nth(3).HoverAsync();
        await Expect(page.Locator("[data-reading]")).ToContainTextAsync("correlation");
        await Expect(page.Locator("[data-reading]")).ToContainTextAsync("the noise floor");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Words_the_matrix_and_the_search_stand_in_the_address_and_survive_a_reload()
    {
        var page = await Open($"/runs/{running.Run}/text");
        await page.GetByRole(AriaRole.Link, new() { Name = "Words", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**by=word*");

        // The address comes before the page that it stands for.
        await Expect(page.GetByText("Choose a word")).ToBeVisibleAsync();
        await Expect(page.GetByText("whole passage").First).ToBeVisibleAsync();
        await page.Locator(".query-text [data-u='2']").ClickAsync();
        await page.WaitForURLAsync("**by=word*");
        await Expect(page.Locator(".texts[data-ranked='2']")).ToBeVisibleAsync();
        await Expect(page.GetByText("All of the query")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Matrix" }).First.ClickAsync();
        await page.WaitForURLAsync("**item=*");
        await Expect(page.Locator(".plot .heatmaplayer image").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("log");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**find=log*");
        await Expect(page.GetByText("that contain “log”")).ToBeVisibleAsync();
        var (address, rows) = (page.Url, await page.Locator(".passages > li").CountAsync());
        await page.ReloadAsync();
        await Chromium.Live(page);
        await Expect(page.Locator(".texts[data-ranked='2']")).ToBeVisibleAsync();
        Assert.Equal((address, rows), (page.Url, await page.Locator(".passages > li").CountAsync()));
        await page.GoBackAsync();
        await Expect(page.GetByText("that contain “log”")).ToHaveCountAsync(0);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task The_page_is_accessible_and_fits_a_phone()
    {
        foreach (var address in new[] { $"/runs/{running.Run}", $"/runs/{running.Run}/text?token=4&item=3", $"/runs/{running.Run}/data" })
        {
            var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
            await page.GotoAsync(Url + address);
            await Chromium.Live(page);
            await (address.Contains("text", StringComparison.Ordinal) ? page.Locator(".texts[data-ranked='4']") : page.Locator("h1")).WaitForAsync();
            await Accessibility.Require(page);
            var width = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.True(width <= 360, $"{address} is {width} pixels wide on a phone of 360");
        }
    }

    [Fact]
    public async Task A_run_on_texts_is_ordered_in_the_page_with_its_tokens()
    {
        var page = await Open("/runs/new");
        await page.Locator("#model").FillAsync(running.Texts.Model);
        await page.Locator("#data").FillAsync(running.Texts.Data);
        await page.Locator("#queries").FillAsync(running.Texts.Queries + "[0:2]");
        await page.Locator("#context").FillAsync("20");
        await page.Locator("#windows").SelectOptionAsync("first");
        await page.GetByText("Settings", new() { Exact = true }).ClickAsync();
        await page.Locator("#sampler").SelectOptionAsync("sgld");
        foreach (var (field, value) in new[] { ("draws", "20"), ("chains", "2"), ("nbeta", "5"), ("gamma", "1000"), ("epsilon", "1e-5"), ("batch", "10") })
        {
            await page.Locator("#" + field).FillAsync(value);
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/runs/[0-9a-f-]{36}$"), new() { Timeout = 60_000 });
        await Expect(page.Locator(".status")).ToContainTextAsync("finished", new() { Timeout = 90_000 });
        await page.GetByRole(AriaRole.Link, new() { Name = "Browse all" }).ClickAsync();
        await page.WaitForURLAsync("**/text");
        await Expect(page.Locator(".texts[data-ranked=all] .passages > li").First).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task The_noise_is_taken_out_of_a_token_s_scores_with_a_click()
    {
        var run = await running.Application.Order(running.Texts.OrderIndependent());
        await running.Application.Finished(run);
        var address = $"/api/v1/runs/{run}/queries/0/tokens/top?token=4";
        var measured = await running.Application.Get(address);
        Assert.True(measured.GetProperty("noiseFree").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, measured.GetProperty("noiseFloor").ValueKind);

        // As where that would have taken too long.
        Directory.Delete(Path.Combine(running.FolderOf(run), "responses"), recursive: true);
        var drawn = await running.Application.Get(address);
        Assert.False(drawn.GetProperty("noiseFree").GetBoolean());
        Assert.True(drawn.GetProperty("noiseFloor").GetDouble() > 0);
        var page = await Open($"/runs/{run}/text?token=4");
        await Expect(page.Locator(".legend")).ToContainTextAsync(new Regex("noise floor [0-9]"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Take the noise out" }).ClickAsync();
        await Expect(page.Locator(".legend")).ToContainTextAsync("noise-free", new() { Timeout = 30_000 });
        await Expect(page.GetByText("Noise-free: first-order covariances")).ToBeVisibleAsync();
        Assert.Equal(measured.GetProperty("units").GetRawText(), (await running.Application.Get(address)).GetProperty("units").GetRawText());

        // Of a passage that is written now as well.
        await page.GetByText("Ask about your own passage").ClickAsync();
        await page.GetByLabel("Passage", new() { Exact = true }).FillAsync("The hen sat on the log.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        await Expect(page.Locator("aside h2").First).ToContainTextAsync("your passage", new() { Timeout = 60_000 });
        await page.Locator(".query-text [data-u='2']").ClickAsync(new() { Timeout = 60_000 });
        await Expect(page.Locator(".texts[data-ranked='2'] .passages > li").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Take the noise out" }).ClickAsync();
        await Expect(page.Locator(".legend")).ToContainTextAsync("noise-free", new() { Timeout = 30_000 });
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_token_that_the_former_query_does_not_have_is_shown_of_its_own()
    {
        var queries = Path.Combine(Path.GetDirectoryName(running.Texts.Data)!, "uneven.txt");
        await File.WriteAllTextAsync(queries, "The dog sat on the mat. It was five years old. The dog slept.<|endoftext|>The hen sat.");
        var run = await running.Application.Order(running.Texts.OrderIndependent(queries));
        await running.Application.Finished(run);
        var count = (await running.Application.Get($"/api/v1/runs/{run}/queries/0/tokens")).GetProperty("units").GetArrayLength();
        var page = await Open($"/runs/{run}/text?token={count - 1}");
        await Expect(page.GetByText("Noise-free: first-order covariances")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "query 1 ›" }).ClickAsync();
        await Expect(page.Locator("aside h2").First).ToContainTextAsync("Query 1");
        await page.GoBackAsync();
        await Expect(page.Locator("aside h2").First).ToContainTextAsync("Query 0");
        await Expect(page.Locator($".query-text [data-u='{count - 1}'][aria-current]")).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_passage_is_typed_and_its_tokens_can_be_chosen()
    {
        var page = await Open($"/runs/{running.Run}/text");
        await page.GetByText("Ask about your own passage").ClickAsync();
        await page.GetByLabel("Passage", new() { Exact = true }).FillAsync("The hen sat on the log.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        await Expect(page.Locator("aside h2").First).ToContainTextAsync("your passage", new() { Timeout = 60_000 });
        await Expect(page.Locator(".query-text [data-u='2']")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.Locator(".query-text [data-u='2']").ClickAsync();
        await Expect(page.Locator(".texts[data-ranked='2'] .passages > li").First).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_report_stays_a_heatmap_without_login_or_circuit_and_is_shaded_without_script()
    {
        var page = await Open($"/runs/{running.Run}/text?query=1&token=4");
        await Expect(page.Locator(".texts[data-ranked='4']")).ToBeVisibleAsync();
        var heat = await Heat(page);
        await page.GetByText("Share this ranking").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        var link = (await page.Locator(".panel a[href*='/r/']").GetAttributeAsync("href"))!;

        await using var still = await _browser.NewContextAsync(new() { JavaScriptEnabled = false });
        var plain = await still.NewPageAsync();
        await plain.GotoAsync(link);
        await Expect(plain.Locator(".passages > li")).ToHaveCountAsync(12);
        await Expect(plain.Locator(".passage [style*='--heat']").First).ToBeVisibleAsync();

        var report = await Open(link, isLive: false);
        await Expect(report.Locator(".texts[data-shaded='4']")).ToBeVisibleAsync();
        Assert.Equal(Rounded(heat), Rounded(await Heat(report)));
        await report.Locator(".query-text [data-u='7']").ClickAsync();
        await Expect(report.Locator(".texts[data-shaded='7']")).ToBeVisibleAsync();
        Assert.EndsWith("#token-7", report.Url, StringComparison.Ordinal);
        await report.Keyboard.PressAsync("ArrowLeft");
        await Expect(report.Locator(".texts[data-shaded='6']")).ToBeVisibleAsync();
        await report.ReloadAsync();
        await Expect(report.Locator(".texts[data-shaded='6']")).ToBeVisibleAsync();
        await report.Locator(".passage [data-u]").Nth(3).HoverAsync();
        await Expect(report.Locator("[data-reading]")).ToContainTextAsync("the noise floor");
        await Accessibility.Require(report);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Where_partners_of_words_are_known_the_page_says_how_often_they_are_found()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(running.Texts.Data)!, "known")).FullName;
        File.Copy(running.Texts.Data, Path.Combine(folder, "train.txt"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(folder, "partners.json"), """{"pairs": [{"word": "cat", "partner": "hen", "kind": "animal"}, {"word": "dog", "partner": "hen", "kind": "animal"}, {"word": "mat", "partner": "log", "kind": "place"}, {"word": "log", "partner": "nowhere", "kind": "place"}]}""");
        var run = await running.Application.Order(running.Texts.Order(name: "known", data: Path.Combine(folder, "train.txt")));
        await running.Application.Finished(run);
        var record = await running.Application.Get($"/api/v1/runs/{run}/partners");
        var (all, words) = (record.GetProperty("all"), record.GetProperty("words").EnumerateArray().ToList());
        Assert.Equal(words.Count, all.GetProperty("asked").GetInt32());
        Assert.Equal(words.Average(word => word.GetProperty("place").GetProperty("rank").GetInt32() == 1 ? 1.0 : 0), all.GetProperty("top").GetDouble(), 9);
        Assert.DoesNotContain(words, word => word.GetProperty("partners").EnumerateObject().Any(partner => partner.Name == "nowhere"));

        // Words are what is chosen here, without being asked for.
        var page = await Open($"/runs/{run}/text");
        var note = page.GetByRole(AriaRole.Region, new() { Name = "Known partners" });
        await Expect(note).ToContainTextAsync($"of {all.GetProperty("asked")} words of the queries; chance:");
        var asked = words.First(word => word.GetProperty("query").GetInt32() == 0);
        await page.Locator($".query-text [data-u='{asked.GetProperty("unit")}']").ClickAsync();
        await Expect(page.Locator($".texts[data-ranked='{asked.GetProperty("unit")}']")).ToBeVisibleAsync();
        await Expect(note).ToContainTextAsync($"“{asked.GetProperty("word").GetString()}” stands for the same as");
        await Expect(note.Locator("strong").Nth(1)).ToHaveTextAsync(asked.GetProperty("place").GetProperty("top").GetString()!);
        var partner = asked.GetProperty("partners").EnumerateObject().First().Name;
        await note.GetByRole(AriaRole.Link, new() { Name = partner, Exact = true }).ClickAsync();
        await Expect(page.GetByText($"that contain “{partner}”")).ToBeVisibleAsync();
        await page.SetViewportSizeAsync(360, 740);
        await note.GetByText("By kind").ClickAsync();
        await Accessibility.Require(page);
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360);
        Assert.Empty(_complaints);
    }

    // Scores in a report are rounded to 1/32,767.
    private static IEnumerable<string> Rounded(string heat) => heat.Split(',').Select(unit => unit.Split('%')).Select(parts => $"{double.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture):F0} {parts[1]}");

    private static Task<string> Heat(IPage page) => page.EvaluateAsync<string>("[...document.querySelectorAll('.passage [data-u]')].map(unit => unit.style.getPropertyValue('--heat') + unit.className).join()");

    private async Task<IPage> Open(string address, bool isLive = true)
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
        await page.GotoAsync(new Uri(new Uri(Url), address).ToString());
        if (isLive)
        {
            await Chromium.Live(page);
        }

        return page;
    }
}
