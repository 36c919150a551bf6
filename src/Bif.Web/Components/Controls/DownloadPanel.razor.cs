using Bif.Engine;
using Bif.Web.Downloads;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Fetches models and data sets by name, with their progress.</summary>
public sealed partial class DownloadPanel : IDisposable
{
    private string _what = "";
    private string? _error;
    private int _finished;

    /// <summary>Called when something has been fetched.</summary>
    [Parameter]
    public EventCallback OnFetched { get; set; }

    [Inject]
    private DownloadDesk Desk { get; set; } = null!;

    private IReadOnlyList<DownloadEntry> Entries => Desk.Entries;

    /// <inheritdoc/>
    public void Dispose() => Desk.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _finished = Finished();
        Desk.Changed += OnChanged;
    }

    private int Finished() => Desk.Entries.Count(entry => entry.State == "finished");

    private void Order(string what)
    {
        _error = null;
        try
        {
            Desk.Order(what);
            _what = "";
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private void OnChanged() => _ = InvokeAsync(async () =>
    {
        if (Finished() is var finished && finished != _finished)
        {
            _finished = finished;
            await OnFetched.InvokeAsync();
        }

        StateHasChanged();
    });
}
