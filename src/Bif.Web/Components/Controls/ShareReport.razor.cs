using Bif.Engine;
using Bif.Web.Browsing;
using Bif.Web.Reports;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Controls;

/// <summary>Takes a report of a ranking and shows its link once.</summary>
public sealed partial class ShareReport
{
    private string _title = "";
    private int _days;
    private string? _link;
    private string? _error;
    private bool _isCopied;
    private (Guid, int) _of;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>Index of the query.</summary>
    [Parameter, EditorRequired]
    public int Query { get; set; }

    /// <summary>What of a run on texts is looked at, or null.</summary>
    [Parameter]
    public TextChoice? Texts { get; set; }

    [Inject]
    private ReportDesk Desk { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<ShareReport> Logger { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_of != (Run, Query))
        {
            (_of, _link, _error) = ((Run, Query), null, null);
        }
    }

    private async Task Take()
    {
        // A link that comes when another query is shown already would pass for that one's; the run's page lists its report.
        var of = _of;
        var (link, error) = await Taken();
        if (of == _of)
        {
            (_link, _error, _isCopied) = (link, error, false);
        }
    }

    private async Task<(string? Link, string? Error)> Taken()
    {
        try
        {
            var taken = await Desk.Take(Run, Query, _title, _days > 0 ? TimeSpan.FromDays(_days) : null, default, Texts);
            return (Navigation.ToAbsoluteUri($"/r/{taken.Token}").ToString(), null);
        }
        catch (InputException error)
        {
            return (_link, error.Message);
        }
    }

    private async Task Copy()
    {
        await using var module = new BrowserModule(Script, "/js/page.js", Logger);
        _isCopied = await module.Call<bool>("copy", _link);
    }
}
