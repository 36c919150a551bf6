using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>A run's state, chains and controls, following the run by itself.</summary>
public sealed partial class RunProgress : IDisposable
{
    // Who listens to the page rather than sees it hears of a change of state, and of every tenth of the way.
    private const int AnnouncedSteps = 10;
    private RunStatus _run = null!;
    private RunStatus? _given;
    private (string State, int Step) _heard;
    private string? _announced;
    private string? _message;
    private bool _isDeleting;

    /// <summary>The run as the page knows it.</summary>
    [Parameter, EditorRequired]
    public required RunStatus Run { get; set; }

    /// <summary>The engine's record, or null before the run is prepared.</summary>
    [Parameter]
    public RunRecord? Record { get; set; }

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private RunDesk Desk { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (!ReferenceEquals(_given, Run))
        {
            _given = Run;
            Take(Run);
        }
    }

    private static string Said(RunStatus run) => run.State switch
    {
        RunState.Queued => run.QueuePosition is > 0 and var before ? $"{before} {(before == 1 ? "run" : "runs")} before this one." : "The next worker takes it.",
        RunState.Sampling => $"{run.Draws:N0} of {run.TotalDraws:N0} draws{(run.SecondsLeft is { } left ? $", {Wording.About(left)} left" : "")}.{Sentence(run.Message)}",
        RunState.Finished => $"{run.Draws:N0} draws{(run.StartedAt is { } start && run.FinishedAt is { } end ? $" in {Wording.Duration((end - start).TotalSeconds)}" : "")}.",
        RunState.Cancelled => "Stopped; what was drawn is kept, and it can be continued.",
        _ => Sentence(run.Message).TrimStart(),
    };

    private static string Sentence(string? message) => message is { Length: > 0 } ? $" {char.ToUpperInvariant(message[0])}{message[1..]}." : "";

    private void Take(RunStatus run)
    {
        _run = run;
        var now = (run.State, run.Fraction is { } share ? (int)(AnnouncedSteps * share) : 0);
        if (_heard != now)
        {
            (_heard, _announced) = (now, $"{Wording.State(run.State)}. {Said(run)}");
        }
    }

    private void OnChanged(RunChange change)
    {
        if (change.Run is { } run && run.Id == Run.Id)
        {
            _ = InvokeAsync(() =>
            {
                Take(run);
                StateHasChanged();
            });
        }
    }

    private async Task Cancel() => _message = await Queue.Cancel(Run.Id, default) ? null : "It has ended already.";

    private async Task Delete()
    {
        try
        {
            _isDeleting = false;
            if (await Desk.Delete(Run.Id, default))
            {
                Navigation.NavigateTo("/");
            }
            else
            {
                _message = "Somebody works on it: cancel its queries and tasks first.";
            }
        }
        catch (InputException error)
        {
            _message = error.Message;
        }
    }

    private async Task Resume() => _message = await Queue.Resume(Run.Id, default) ? null : "Only a cancelled or failed run can be continued.";
}
