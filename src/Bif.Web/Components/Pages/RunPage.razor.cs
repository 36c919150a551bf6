using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Components.Controls;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>A run as it goes on: chains, losses, health, and the ranking so far.</summary>
public sealed partial class RunPage : IDisposable
{
    private RunStatus? _run;
    private RunRecord? _record;
    private RunContents? _contents;
    private RankingPage? _top;
    private IReadOnlyList<(string Name, string Value, string Meaning)> _health = [];
    private bool _isMissing;
    private string? _message;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Changed += OnChanged;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_run?.Id == Id)
        {
            return;
        }

        (_run, _record, _contents, _top, _health) = (await Reader.Find(Id), null, null, null, []);
        _isMissing = _run is null;
        await ReadContents();
    }

    private static double ScaleOf(RankingPage top) => Math.Max(0.1, top.Items.Count > 0 ? top.Items.Max(item => Math.Abs(item.Correlation) + item.CorrelationError) : 1);

    private static string Said(RunStatus run) => run.State switch
    {
        RunState.Queued => run.QueuePosition is > 0 and var before ? $"{before} {(before == 1 ? "run" : "runs")} before this one." : "The next worker takes it.",
        RunState.Sampling => run.SecondsLeft is { } left ? $"{run.Draws:N0} of {run.TotalDraws:N0} draws, about {Wording.Duration(left)} left." : $"{run.Draws:N0} of {run.TotalDraws:N0} draws.",
        RunState.Finished => $"{run.Draws:N0} draws{(run.StartedAt is { } start && run.FinishedAt is { } end ? $" in {Wording.Duration((end - start).TotalSeconds)}" : "")}.",
        RunState.Cancelled => "Stopped; what was drawn is kept, and it can be continued.",
        _ => run.Message is { } message ? char.ToUpperInvariant(message[0]) + message[1..] + "." : "",
    };

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (change.Run is { } run && run.Id == Id)
        {
            var isAnother = _run?.State != run.State;
            _run = run;
            if (isAnother || change.Kinds.Contains(RunSignal.Ranking))
            {
                await ReadContents();
            }
        }
        else if (change.Run is null)
        {
            _run = await Reader.Find(Id);
            await ReadContents();
        }
        else
        {
            return;
        }

        StateHasChanged();
    });

    private async Task ReadContents()
    {
        if (await Library.Find(Id) is not { } contents)
        {
            return;
        }

        (_contents, _record) = (contents, contents.Record);
        _health = RunHealth.Of(contents.Record);
        if (await Library.Scores(Id, 0) is { } scores)
        {
            _top = RankingView.Of(contents, scores, new RankingChoice(0, Size: 8), null);
        }
    }

    private async Task Cancel() => _message = await Queue.Cancel(Id, default) ? null : "It has ended already.";

    private async Task Resume() => _message = await Queue.Resume(Id, default) ? null : "Only a cancelled or failed run can be continued.";

    private void Open() => Navigation.NavigateTo($"/runs/{Id}/images");
}
