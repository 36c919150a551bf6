using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Bif.Web.Tests.Browser;

/// <summary>What everybody must be able to read.</summary>
internal static class Accessibility
{
    // All that a change of the theme changes.
    private static readonly AxeRunOptions Contrast = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast"] }, ResultTypes = [ResultType.Violations] };

    // What is right is not listed, which takes longer than finding what is wrong.
    private static readonly AxeRunOptions Everything = new() { ResultTypes = [ResultType.Violations] };

    /// <summary>Has axe look at a page in the light theme, and at its contrasts in the dark one.</summary>
    public static async Task Require(IPage page)
    {
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Require(await page.RunAxe(Everything), page, "light");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Require(await page.RunAxe(Contrast), page, "dark");
    }

    private static void Require(AxeResult results, IPage page, string theme) => Assert.True(
        results.Violations.Length == 0,
        $"{page.Url} ({theme}): " + string.Join("; ", results.Violations.Select(each => $"{each.Id} {each.Help} {string.Join(' ', each.Nodes.Take(2).Select(node => node.Html))}")));
}
