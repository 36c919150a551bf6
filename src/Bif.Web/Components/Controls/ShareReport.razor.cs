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
        try
        {
            var taken = await Desk.Take(Run, Query, _title, _days > 0 ? TimeSpan.FromDays(_days) : null, default, Texts);
            (_link, _error, _isCopied) = (Navigation.ToAbsoluteUri($"/r/{taken.Token}").ToString(), null, false);
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private async Task Copy()
    {
        await using var module = await Script.InvokeAsync<IJSObjectReference>("import", "/js/page.js");
        _isCopied = await module.InvokeAsync<bool>("copy", _link);
    }
}
