using Bif.Data.Storage;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>The recent runs, each with the best of its first ranking: pictures, or a query's text and the passage that helps it most.</summary>
public sealed partial class Home : IDisposable
{
    private const int MostRuns = 24;
    private const int MostLetters = 160;
    private readonly Dictionary<Guid, RunStatus> _heard = [];
    private readonly Dictionary<Guid, IReadOnlyList<RankedItem>> _tops = [];
    private readonly Dictionary<Guid, (string Query, string Best)> _excerpts = [];
    private IReadOnlyList<RunStatus>? _runs;
    private long _shownAt;
    private bool _isReading;
    private bool _isDue;

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private Pictures Pictures { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        Events.Follow(RendererInfo, OnChanged);
        await Read();
    }

    private static string Blank(RunStatus run) => run.IsActive ? "the first ranking comes with the first draws" : "no ranking";

    // A name that is read out holds the words that are seen.
    private string? LabelOf(RunStatus run) => _tops.GetValueOrDefault(run.Id) is { Count: > 0 } ? run.Name
        : _excerpts.ContainsKey(run.Id) ? null : $"{run.Name}: {Blank(run)}";

    private void OnChanged(RunChange change)
    {
        // Progress once a second is enough here.
        if (change.Run is not null && change.Kinds.All(kind => kind == RunSignal.Progress) && Environment.TickCount64 - _shownAt < 1000)
        {
            return;
        }

        _shownAt = Environment.TickCount64;
        _ = InvokeAsync(() => Take(change));
    }

    private async Task Take(RunChange change)
    {
        if (change.Run is { } changed)
        {
            _heard[changed.Id] = changed;
            if (_runs?.Any(run => run.Id == changed.Id) == true)
            {
                _runs = [.. _runs.Select(run => run.Id == changed.Id ? changed : run)];
                if (change.Kinds.Contains(RunSignal.Ranking))
                {
                    await ReadTop(changed);
                }

                StateHasChanged();
                return;
            }
        }

        await Read();
    }

    // One reading at a time: what asks for another meanwhile is served by a further one, so that no list is older than the one before.
    private async Task Read()
    {
        _isDue = true;
        if (_isReading)
        {
            return;
        }

        _isReading = true;
        try
        {
            while (_isDue)
            {
                _isDue = false;
                _heard.Clear();
                var runs = await Reader.Recent(MostRuns);
                foreach (var run in runs.Where(run => run.ScoreDraws > 0))
                {
                    await ReadTop(run);
                }

                // What was heard of a run since then is newer than the list.
                _runs = [.. runs.Select(run => _heard.GetValueOrDefault(run.Id, run))];
                StateHasChanged();
            }
        }
        finally
        {
            _isReading = false;
        }
    }

    private async Task ReadTop(RunStatus run)
    {
        if (await Library.Find(run.Id) is not { } contents || await Library.Scores(run.Id, 0) is not { } scores)
        {
            return;
        }

        if (contents is { Queries.Text: { } asked, Train.Text: { } texts })
        {
            var best = RankingView.Of(contents, scores, new RankingChoice(0, Size: 1), null).Items;
            _excerpts[run.Id] = (Excerpt(asked.Passages[0]), best.Count > 0 ? Excerpt(texts.Passages[best[0].Item]) : "");
        }
        else if (Pictures.Shape(contents.Record) is not null)
        {
            _tops[run.Id] = RankingView.Of(contents, scores, new RankingChoice(0, Size: 6), null).Items;
        }
    }

    // The style sheet cuts to lines; what no card can show need not travel.
    private static string Excerpt(string text) => text.Length <= MostLetters ? text : text[..MostLetters] + "…";
}
