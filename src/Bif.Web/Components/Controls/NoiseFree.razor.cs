using Bif.Data.Storage;
using Bif.Engine;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Orders the first-order responses of what a text page asks about, and follows the work.</summary>
public sealed partial class NoiseFree : IDisposable
{
    private RunTaskStatus? _task;
    private (Guid, int, int?, string)? _asked;
    private string? _error;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>The query.</summary>
    [Parameter, EditorRequired]
    public int Query { get; set; }

    /// <summary>The unit, or null for all of the query.</summary>
    [Parameter, EditorRequired]
    public int? Unit { get; set; }

    /// <summary>What units are: token, word or sentence.</summary>
    [Parameter, EditorRequired]
    public required string By { get; set; }

    /// <summary>Whether it is done already.</summary>
    [Parameter, EditorRequired]
    public bool IsNoiseFree { get; set; }

    /// <summary>How long it takes, about.</summary>
    [Parameter, EditorRequired]
    public double Seconds { get; set; }

    /// <summary>Raised when it is done.</summary>
    [Parameter, EditorRequired]
    public EventCallback OnDone { get; set; }

    [Inject]
    private TaskDesk Desk { get; set; } = null!;

    [Inject]
    private TaskLibrary Tasks { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    private string What => Unit is null ? "of all of the query" : $"of this {By}";

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // What was ordered for another unit goes on without being followed here.
        if (_asked != (Run, Query, Unit, By))
        {
            (_asked, _task, _error) = ((Run, Query, Unit, By), null, null);
        }
    }

    private async Task Order()
    {
        try
        {
            _error = null;
            _task = await Desk.Respond(Run, new() { Query = Query, Token = Unit, By = By }, default) is { } number ? await Tasks.Find(Run, number) : null;
            if (_task is null)
            {
                await OnDone.InvokeAsync();
            }
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (_task is not { IsActive: true } task || !(change.Run is null || (change.Run.Id == Run && change.Kinds.Contains(RunSignal.Task))))
        {
            return;
        }

        _task = await Tasks.Find(Run, task.Task);
        if (_task is { State: "finished" })
        {
            _task = null;
            await OnDone.InvokeAsync();
        }

        StateHasChanged();
    });
}
