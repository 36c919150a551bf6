using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bif.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Bif.Web.Tests.Browser;

[Trait("Pace", "slow")]
public sealed class RestartTests
{
    [Fact]
    public async Task A_watched_run_is_watched_on_after_the_web_application_was_restarted()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        var pictures = TinyPictures.Write(folder.At("pictures"));
        string[] settings = ["--Bif:Roots:0", folder.At("pictures"), "--Urls", $"http://127.0.0.1:{FreePort()}"];
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.Launch(playwright);
        var page = await browser.NewPageAsync();
        await using (var first = await Application.Start(folder.At("data"), settings))
        {
            // Long enough that the run goes on when the page can be clicked.
            var run = await first.Order(pictures.Order(3000));
            await page.GotoAsync($"{first.Url}/runs/{run}");
            await Chromium.Live(page);
            await Expect(page.Locator(".status")).ToContainTextAsync("draws, about", new() { Timeout = 30_000 });
            await first.Stop();
        }

        // Nobody touches the page from here on.
        await Task.Delay(1500);
        await using var second = await Application.Start(folder.At("data"), settings);
        await Expect(page.Locator(".status")).ToContainTextAsync("finished", new() { Timeout = 240_000 });
        await Expect(page.Locator(".ranking li").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_page_whose_server_went_away_before_the_two_were_joined_joins_the_next()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        string[] settings = ["--Urls", $"http://127.0.0.1:{FreePort()}"];
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.Launch(playwright);
        var page = await browser.NewPageAsync();
        await page.RouteAsync("**/_blazor/**", route => route.AbortAsync());
        await using (var first = await Application.Start(folder.At("data"), settings))
        {
            await page.GotoAsync($"{first.Url}/jobs");
            await first.Stop();
        }

        await page.WaitForRequestAsync("**/health/live");
        await page.UnrouteAllAsync();
        await using var second = await Application.Start(folder.At("data"), settings);
        await Chromium.Live(page);

        // The page tries to join again while the server stops; it must not hold it up for the 45 s that a stop may take.
        var clock = Stopwatch.StartNew();
        await second.Stop();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
