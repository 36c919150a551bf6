using Bif.Engine;
using Bif.Web.Jobs;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Takes a passage as a new query of a finished run.</summary>
public sealed partial class PassageQuestion
{
    private string _text = "";
    private string? _error;
    private bool _isBusy;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>What asking costs, in words.</summary>
    [Parameter, EditorRequired]
    public required string Cost { get; set; }

    /// <summary>Receives the new query's index.</summary>
    [Parameter]
    public EventCallback<int> OnAsked { get; set; }

    [Inject]
    private QueryDesk Desk { get; set; } = null!;

    private async Task Ask()
    {
        (_isBusy, _error) = (true, null);
        try
        {
            var query = await Desk.AskText(Run, _text, default);
            _text = "";
            await OnAsked.InvokeAsync(query);
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
        finally
        {
            _isBusy = false;
        }
    }
}
