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
    private RunStatus? _run;
    private RunRecord? _record;
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

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

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

    // Draws concern the parts that follow them themselves; the page changes with the run's state and its scores.
    private void OnChanged(RunChange change)
    {
        if (change.Run is null || (change.Run.Id == Id && (change.Kinds.Contains(RunSignal.State) || change.Kinds.Contains(RunSignal.Ranking))))
        {
            _ = InvokeAsync(async () =>
            {
                _run = change.Run ?? await Reader.Find(Id) ?? _run;
                await ReadContents();
                StateHasChanged();
            });
        }
    }

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

    private void Look(RankedItem item) => Navigation.NavigateTo($"/runs/{Id}/images?item={item.Item}");
}
