using Microsoft.Playwright;

namespace Bif.Web.Tests.Browser;

/// <summary>The system's browser, and when its pages can be clicked.</summary>
internal static class Chromium
{
    private static string Program => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine("/usr/bin", name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("There is no Chromium in /usr/bin: ./bif test installs it.");

    /// <summary>Starts it without a window. A machine whose cores are all busy is slow, not wrong.</summary>
    public static Task<IBrowser> Launch(IPlaywright playwright)
    {
        Assertions.SetDefaultExpectTimeout(20_000);
        return playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] });
    }

    /// <summary>A page can be read before it can be clicked.</summary>
    public static Task Live(IPage page) => page.Locator("html[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
}
