using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Pages;

/// <summary>The rankings of a run's queries; what is shown stands in the address.</summary>
public sealed partial class ImagesPage : IAsyncDisposable
{
    private const int GallerySize = 24;
    private const int ShortList = 12;
    private const int LongList = 48;
    private static readonly string[] Sides = ["both", "helpful", "harmful"];
    private readonly Readings _readings = new();
    private RunContents? _contents;
    private RunStatus? _status;
    private ScoreVectors? _scores;
    private (Guid Id, int Query, int Draws)? _read;
    private IReadOnlyList<(string Side, RankingPage Page)> _pages = [];
    private IReadOnlyList<ClassInfluence> _classes = [];
    private IReadOnlyList<object> _classTraces = [];
    private object _classLayout = new { };
    private double _scale = 1;
    private bool _isMissing;
    private bool _isReading;
    private bool _isWalked;
    private RankedItem? _chosen;
    private int? _opened;
    private string? _askError;
    private string? _cost;
    private ElementReference _dialog;
    private ElementReference _gallery;
    private BrowserModule _module = null!;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "query")]
    private string? GivenQuery { get; set; }

    private int Query { get; set; }

    [SupplyParameterFromQuery]
    private string? Side { get; set; }

    [SupplyParameterFromQuery(Name = "label")]
    private string? GivenLabel { get; set; }

    private int? Label => AddressValue.Index(GivenLabel);

    [SupplyParameterFromQuery(Name = "page")]
    private string? GivenPage { get; set; }

    private int Page => AddressValue.Number(GivenPage) ?? 1;

    /// <summary>The training item that is seen large.</summary>
    [SupplyParameterFromQuery(Name = "item")]
    private string? GivenItem { get; set; }

    private int? Item => AddressValue.Number(GivenItem);

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private Pictures Pictures { get; set; } = null!;

    [Inject]
    private QueryDesk Desk { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<ImagesPage> Logger { get; set; } = null!;

    [SupplyParameterFromQuery]
    private string? Sort { get; set; }

    private string SortShown => RankingChoice.Sorts.Contains(Sort) ? Sort! : RankingChoice.Sorts[0];

    private string SideShown => Sides.Contains(Side) ? Side! : "both";

    private int GalleryStart => Query / GallerySize * GallerySize;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Events.Changed -= OnChanged;
        _readings.Dispose();
        return _module.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _module = new(Script, "/js/page.js", Logger);
        Events.Follow(RendererInfo, OnChanged);
    }

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read();

    /// <summary>A ranking that is half read would stand under another query's name.</summary>
    protected override bool ShouldRender() => !_isReading;

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // The browser confirms a page later than it is drawn: what has been read since has no elements there yet.
        if (_gallery.Id is null)
        {
            return;
        }

        if (!_isWalked)
        {
            _isWalked = true;
            await _module.Call("walk", _gallery);
        }

        // An address that names an item opens with it.
        if (Item is { } item && _opened != item && _scores is { } scores && item >= 0 && item < scores.Correlation.Length)
        {
            _opened = item;
            await Look(Shown().FirstOrDefault(each => each.Item == item) ?? RankingView.Item(_contents!, scores, item));
        }
    }

    private async Task Read()
    {
        var overtaken = _readings.Begin();
        _isReading = true;
        try
        {
            var (status, contents) = (await Reader.Find(Id), await Library.Find(Id));
            var query = contents is { IsText: false } ? Math.Clamp(AddressValue.Number(GivenQuery) ?? 0, 0, contents.QueryCount - 1) : 0;
            var version = (Id, query, contents?.ScoreDraws ?? 0);
            var scores = contents is not { IsText: false } ? null : _read == version && _scores is not null ? _scores : await Library.Scores(Id, query);
            if (!overtaken.IsCancellationRequested)
            {
                (_status, _contents, _isMissing, Query, _scores, _read) = (status, contents, status is null, query, scores, version);
                Arrange();
            }
        }
        finally
        {
            if (!overtaken.IsCancellationRequested)
            {
                _isReading = false;
            }
        }
    }

    private void Arrange()
    {
        if (_contents is not { } run)
        {
            return;
        }

        if (run.IsText)
        {
            Navigation.NavigateTo($"/runs/{Id}/text?query={AddressValue.Number(GivenQuery) ?? 0}", replace: true);
            return;
        }

        if (_scores is not { } scores)
        {
            (_pages, _classes) = ([], []);
            return;
        }

        var prints = Pictures.Fingerprints(run.Record);
        var shown = SideShown == "both" ? ["helpful", "harmful"] : new[] { SideShown };
        _pages = [.. shown.Select(side => (side, RankingView.Of(
            run, scores, new RankingChoice(Query, side, Label, Math.Max(1, Page), SideShown == "both" ? ShortList : LongList, SortShown), prints)))];
        var shownItems = Shown();
        _scale = Math.Max(0.05, Math.Max(1.2 * (run.NoiseFloor ?? 0), shownItems.Count > 0 ? shownItems.Max(item => Math.Abs(item.Correlation) + item.CorrelationError) : 0));
        DrawClasses(run, scores);
    }

    private void DrawClasses(RunContents run, ScoreVectors scores)
    {
        _classes = RankingView.ByClass(run, scores);
        var ordered = _classes.Reverse().ToList();
        _classTraces =
        [
            new
            {
                type = "bar", orientation = "h", x = ordered.Select(each => -each.Bif), y = ordered.Select(each => each.Name),
                marker = new { color = ordered.Select(each => each.Bif < 0 ? "--helpful" : "--harmful") },
                hovertemplate = "%{y}: %{x:.3g}<extra></extra>",
            },
        ];
        _classLayout = new { xaxis = new { title = new { text = "covariance, nats²; helpful →" } }, yaxis = new { type = "category" }, showlegend = false };
    }

    private string ClassSummary() => $"Summed covariance with the query, helpful to the right. Most helpful as a whole: {_classes[0].Name} ({_classes[0].Items} items). Most harmful: {_classes[^1].Name} ({_classes[^1].Items} items).";

    private IEnumerable<int> GalleryPage() => Enumerable.Range(GalleryStart, Math.Min(GallerySize, _contents!.QueryCount - GalleryStart));

    // Null keeps what the present address says; −1 as label means all.
    private string Address(int? query = null, string? side = null, int? label = null, int? page = null, string? sort = null)
    {
        var parts = new List<string> { $"query={query ?? Query}" };
        if ((side ?? SideShown) is not "both" and var shownSide)
        {
            parts.Add($"side={shownSide}");
        }

        if ((label ?? Label) is >= 0 and var shownLabel)
        {
            parts.Add($"label={shownLabel}");
        }

        if ((sort ?? SortShown) is var shownSort && shownSort != RankingChoice.Sorts[0])
        {
            parts.Add($"sort={shownSort}");
        }

        if ((page ?? (query is null ? Page : 1)) is > 1 and var shownPage)
        {
            parts.Add($"page={shownPage}");
        }

        return $"/runs/{Id}/images?{string.Join('&', parts)}";
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if ((change.Run is { } run && run.Id == Id && (change.Kinds.Contains(RunSignal.Ranking) || change.Kinds.Contains(RunSignal.State))) || change.Run is null)
        {
            _read = null;
            await Read();
            StateHasChanged();
        }
    });

    private List<RankedItem> Shown() => [.. _pages.SelectMany(each => each.Page.Items)];

    // The items around the one that is seen large, in the order of the page.
    private (RankedItem? Before, RankedItem? After) Neighbours()
    {
        var items = Shown();
        var at = items.FindIndex(each => each.Item == _chosen!.Item);
        return at < 0 ? (null, null) : (items.ElementAtOrDefault(at - 1), items.ElementAtOrDefault(at + 1));
    }

    private async Task Look(RankedItem item)
    {
        (_chosen, _askError) = (item, null);
        _cost = _contents is { IsFinal: true } run ? QueryCost.Of(run.Record, 1).Sentence : null;
        StateHasChanged();
        await _module.Call("open", _dialog, item.Item);
    }

    private Task CloseLook() => _module.Call("close", _dialog);

    private async Task Ask()
    {
        try
        {
            var query = await Desk.AskItem(Id, _chosen!.Item, default);
            await CloseLook();
            GoTo(query);
        }
        catch (InputException error)
        {
            _askError = error.Message;
        }
    }

    private void GoTo(int query) => _readings.GoTo(Navigation, Address(query: query));
}
