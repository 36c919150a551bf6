using Bif.Data.Storage;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Components.Controls;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>A run as it goes on: chains, losses, health, and the ranking so far.</summary>
public sealed partial class RunPage : IDisposable
{
    private readonly Readings _readings = new();
    private RunStatus? _run;
    private RunContents? _contents;
    private RankingPage? _top;
    private IReadOnlyList<(string Name, string Value, string Meaning)> _health = [];
    private bool _isMissing;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private RunRecord? Record => _contents?.Record;

    /// <inheritdoc/>
    public void Dispose()
    {
        Events.Changed -= OnChanged;
        _readings.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read(null);

    private static double ScaleOf(RankingPage top) => Math.Max(0.1, top.Items.Count > 0 ? top.Items.Max(item => Math.Abs(item.Correlation) + item.CorrelationError) : 1);

    // Draws concern the parts that follow them themselves; the page changes with the run's state and its scores.
    private void OnChanged(RunChange change)
    {
        if (change.Run is null || (change.Run.Id == Id && (change.Kinds.Contains(RunSignal.State) || change.Kinds.Contains(RunSignal.Ranking))))
        {
            _ = InvokeAsync(async () =>
            {
                await Read(change.Run);
                StateHasChanged();
            });
        }
    }

    private async Task Read(RunStatus? told)
    {
        var overtaken = _readings.Begin();
        var (run, contents) = (told ?? await Reader.Find(Id), await Library.Find(Id));
        var scores = contents is null ? null : await Library.Scores(Id, 0);
        if (overtaken.IsCancellationRequested)
        {
            return;
        }

        (_run, _contents, _isMissing) = (run, contents, run is null);
        _health = contents is null ? [] : RunHealth.Of(contents.Record);
        _top = contents is null || scores is null ? null : RankingView.Of(contents, scores, new RankingChoice(0, Size: 8), null);
    }

    private void Look(RankedItem item) => Navigation.NavigateTo($"/runs/{Id}/images?item={item.Item}");
}
