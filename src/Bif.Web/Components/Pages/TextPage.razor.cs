using System.Globalization;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Evaluation;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Pages;

/// <summary>
/// Heatmaps of texts: which tokens of the training data move with a token of a query. What is shown stands in the address; the
/// shades go to the browser over HTTP, not through the circuit.
/// </summary>
public sealed partial class TextPage : IAsyncDisposable
{
    private const int Related = 15;
    private const int ListedQueries = 200;
    private static readonly TimeSpan BeforePass = TimeSpan.FromMilliseconds(120);
    private const string Partial = "partial";
    private const string Full = "full";
    private static readonly string[] Sides = ["helpful", "harmful"];
    private static readonly string[] Levels = ["token", "word", "sentence"];
    private readonly Dictionary<int, IReadOnlyList<TextPiece>> _shown = [];
    private readonly Readings _readings = new();
    private RunContents? _contents;
    private RunStatus? _status;
    private OpenTexts? _texts;
    private IReadOnlyList<TextPiece>? _pieces;
    private QueryText? _query;
    private PassagesAnswer? _passages;
    private TextChoice? _choice;
    private string _askedBy = Levels[0];
    private int _askedTokens;
    private RelatedAnswer? _related;
    private RankingPage? _ranking;
    private PartnerRecord? _partners;
    private (int Item, MatrixPart Part, string Address, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns)? _matrix;
    private ElementReference _root;
    private BrowserModule _module = null!;
    private string? _error;
    private bool _isMissing;
    private bool _isReading;
    private bool _isBusy;
    private bool _isStale;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "query")]
    private string? GivenQuery { get; set; }

    private int Query { get; set; }

    [SupplyParameterFromQuery(Name = "token")]
    private string? GivenToken { get; set; }

    private int? Token { get; set; }

    [SupplyParameterFromQuery]
    private string? By { get; set; }

    [SupplyParameterFromQuery]
    private string? View { get; set; }

    [SupplyParameterFromQuery]
    private string? Side { get; set; }

    [SupplyParameterFromQuery]
    private string? Order { get; set; }

    [SupplyParameterFromQuery]
    private string? Find { get; set; }

    [SupplyParameterFromQuery(Name = "page")]
    private string? GivenPage { get; set; }

    private int Page => AddressValue.Number(GivenPage) ?? 1;

    [SupplyParameterFromQuery(Name = "item")]
    private string? GivenItem { get; set; }

    private int? Item => AddressValue.Number(GivenItem);

    [SupplyParameterFromQuery]
    private string? Intensity { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private TextLibrary Texts { get; set; } = null!;

    [Inject]
    private PartnerLibrary Partners { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<TextPage> Logger { get; set; } = null!;

    private string ByShown => Levels.Contains(By) ? By! : UsualLevel;

    // Partners are words: where they are known, words are what people come for.
    private string UsualLevel => _partners is null ? Levels[0] : "word";

    private string UnitName => ByShown;

    private string SideShown => Sides.Contains(Side) ? Side! : Sides[0];

    private string OrderShown => Order == "passage" ? "passage" : "unit";

    private PartnerWord? ChosenWord => Token is { } token && ByShown == "word" ? _partners?.Words.FirstOrDefault(word => word.Query == Query && word.Unit == token) : null;

    private bool IsPartial => View == Partial;

    private string FindShown => Find?.Trim() ?? "";

    private double IntensityShown => double.TryParse(Intensity, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? Math.Clamp(value, 1, 8) : 1;

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
        _module = new(Script, "/js/text.js", Logger);
        Events.Follow(RendererInfo, OnChanged);
    }

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read();

    /// <summary>Until the query is read, its token would be sought in another one's text.</summary>
    protected override bool ShouldRender() => !_isReading;

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_isStale && !_isBusy && _passages is { } passages && _choice is { } choice)
        {
            _isStale = false;
            await _module.Call("show", _root, $"/api/v1/runs/{Id}/queries/{choice.Query}/tokens/shades?by={_askedBy}&view={ViewOf(choice)}", choice.Unit, passages.NoiseFloor, IntensityShown);
        }
    }

    private static string ViewOf(TextChoice choice) => choice.IsPartial ? Partial : Full;

    private TextChoice Choice() => TextChoice.From(Query, Token, ByShown, IsPartial ? Partial : Full, SideShown, OrderShown, FindShown);

    private async Task Read()
    {
        var overtaken = _readings.Begin();
        _isReading = true;
        try
        {
            var (status, contents) = (await Reader.Find(Id, overtaken), await Library.Find(Id, overtaken));
            var partners = contents is { IsText: true } ? await Partners.Find(contents, overtaken) : null;
            overtaken.ThrowIfCancellationRequested();
            (_status, _contents, _partners, _error, _isMissing) = (status, contents, partners, null, status is null);
            if (contents is { IsText: true } run)
            {
                (Query, Token) = (Math.Clamp(AddressValue.Number(GivenQuery) ?? 0, 0, run.QueryCount - 1), AddressValue.Number(GivenToken));
                await (run.HasTokens && run.IsFinal && run.AddedAt(Query) is null or { State: "finished" } ? ReadTokens(overtaken) : ReadRanking(run, overtaken));
            }
        }
        catch (OperationCanceledException)
        {
            // Another token was chosen meanwhile, or the page was left.
        }
        catch (InputException error)
        {
            if (!overtaken.IsCancellationRequested)
            {
                (_error, _passages, _related, _matrix, _isBusy) = (error.Message, null, null, null, false);
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

    private async Task ReadRanking(RunContents run, CancellationToken overtaken)
    {
        var scores = await Library.Scores(Id, Query, overtaken);
        overtaken.ThrowIfCancellationRequested();
        (_texts, _pieces, _query, _passages, _related, _matrix, _isBusy) = (null, null, null, null, null, null, false);
        _ranking = scores is null ? null : RankingView.Of(run, scores, new RankingChoice(Query, SideShown, Page: Math.Max(1, Page)), null);
    }

    private async Task ReadTokens(CancellationToken overtaken)
    {
        var texts = await Texts.Open(Id, Query, overtaken);
        overtaken.ThrowIfCancellationRequested();
        if (texts is null)
        {
            return;
        }

        var query = TextLibrary.Query(texts, Choice());
        (_texts, _pieces, _query) = (texts, texts.QueryPieces(Choice().Level), query);
        Token = Token is { } given && given >= 0 && given < query.Units.Count ? given : null;
        _isReading = false;

        // The pass waits until a browser is there to show it; what is shaded stays until the new ranking comes.
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        _isBusy = true;
        StateHasChanged();
        if (_passages is not null)
        {
            // What is in view is shaded first, and keys that walk through tokens pass over the corpus only where they stop.
            await Task.Delay(BeforePass, overtaken);
        }

        var (choice, by) = (Choice(), ByShown);
        var passages = await Texts.Passages(texts, choice, Math.Max(1, Page), TextLibrary.PageSize, overtaken);
        var related = await Texts.Related(texts, choice, Related, overtaken);
        var matrix = Item is { } item && item >= 0 && item < texts.Tokens.Passages.Passages.Length ? await Task.Run(() => MatrixOf(texts, choice, by, item), overtaken) : default;
        overtaken.ThrowIfCancellationRequested();
        _shown.Clear();
        foreach (var entry in passages.Passages)
        {
            _shown[entry.Item] = texts.Pieces(choice.Level, entry.Item);
        }

        (_passages, _related, _matrix, _choice, _askedBy, _isBusy, _isStale) = (passages, related, matrix, choice, by, false, true);
        _askedTokens = choice.Unit is { } unit ? query.Units[unit].Tokens : query.Units.Sum(each => each.Tokens);
    }

    private (int, MatrixPart, string, IReadOnlyList<string>, IReadOnlyList<string>)? MatrixOf(OpenTexts texts, TextChoice choice, string by, int item)
    {
        static IReadOnlyList<string> Names(IReadOnlyList<TextPiece> pieces) => [.. pieces.Where(piece => piece.Unit >= 0).Select(piece => piece.Text)];
        var address = $"/api/v1/runs/{Id}/queries/{choice.Query}/tokens/matrix?item={item}&by={by}&view={ViewOf(choice)}";
        return (item, TextLibrary.Matrix(texts, choice, item, (0, int.MaxValue), (0, int.MaxValue)), address, Names(texts.QueryPieces(choice.Level)), Names(texts.Pieces(choice.Level, item)));
    }

    private string PlainQuery(RunContents run) => Query < run.Record.Queries.Count ? run.Queries.Text!.Passages[Query] : run.DescribeQuery(Query);

    private IEnumerable<int> QueriesNear()
    {
        var first = Math.Clamp(Query - (ListedQueries / 2), 0, Math.Max(0, _contents!.QueryCount - ListedQueries));
        return Enumerable.Range(first, Math.Min(ListedQueries, _contents.QueryCount - first));
    }

    // Null keeps what the present address says, −1 drops a token or an item. A new query or new units drop what belongs to the old ones.
    private string Address(
        int? query = null, int? token = null, string? by = null, string? view = null, string? side = null, string? order = null, string? find = null, int? page = null, int? item = null, string? intensity = null)
    {
        var isNew = query is not null || by is not null;
        var parts = new List<string>();
        void Add(string name, object? value, object? usual)
        {
            if (value is not null && !value.Equals(usual))
            {
                parts.Add($"{name}={Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
            }
        }

        Add("query", query ?? Query, 0);
        Add("token", token ?? (isNew ? null : Token), -1);
        Add("by", by ?? ByShown, UsualLevel);
        Add("view", view ?? (IsPartial ? Partial : Full), Full);
        Add("side", side ?? SideShown, Sides[0]);
        Add("order", order ?? OrderShown, "unit");
        Add("find", find ?? FindShown, "");
        Add("page", page ?? 1, 1);
        Add("item", item ?? (query is null ? Item : null), -1);
        Add("intensity", intensity ?? Intensity, "1");
        return $"/runs/{Id}/text{(parts.Count > 0 ? "?" : "")}{string.Join('&', parts)}";
    }

    private void GoTo(int query) => _readings.GoTo(Navigation, Address(query: query));

    private async Task Again()
    {
        await Read();
        StateHasChanged();
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if ((change.Run is { } run && run.Id == Id && (change.Kinds.Contains(RunSignal.Ranking) || change.Kinds.Contains(RunSignal.State))) || change.Run is null)
        {
            await Read();
            StateHasChanged();
        }
    });
}
