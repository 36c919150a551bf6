using Bif.Web.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Layout;

/// <summary>The frame of every page; a page that fails leaves the frame standing.</summary>
public sealed partial class MainLayout
{
    private ErrorBoundary? _boundary;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<MainLayout> Logger { get; set; } = null!;

    [Inject]
    private BifOptions Options { get; set; } = null!;

    private bool CanSignOut => Options.AdminToken.Length > 0 && !Navigation.ToBaseRelativePath(Navigation.Uri).StartsWith("sign-in", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void OnParametersSet() => _boundary?.Recover();

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            // Until then the page can be read but not clicked.
            await using var module = new BrowserModule(Script, "/js/page.js", Logger);
            await module.Call("live");
        }
    }
}
