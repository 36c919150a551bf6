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
public sealed partial class TextPage : IDisposable
{
    private const int Related = 15;
    private const int ListedQueries = 200;
    private static readonly TimeSpan BeforePass = TimeSpan.FromMilliseconds(120);
    private const string Partial = "partial";
    private const string Full = "full";
    private static readonly string[] Sides = ["helpful", "harmful"];
    private static readonly string[] Levels = ["token", "word", "sentence"];
    private readonly Dictionary<int, IReadOnlyList<TextPiece>> _shown = [];
    private RunContents? _contents;
    private RunStatus? _status;
    private OpenTexts? _texts;
    private IReadOnlyList<TextPiece>? _pieces;
    private QueryText? _query;
    private PassagesAnswer? _passages;
    private TextChoice? _choice;
    private RelatedAnswer? _related;
    private RankingPage? _ranking;
    private PartnerRecord? _partners;
    private (MatrixPart Part, string Address, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns)? _matrix;
    private CancellationTokenSource _reading = new();
    private ElementReference _root;
    private IJSObjectReference? _module;
    private string? _error;
    private bool _isMissing;
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

    private string ByShown => Levels.Contains(By) ? By! : UsualLevel;

    // Partners are words: where they are known, words are what people come for.
    private string UsualLevel => _partners is null ? Levels[0] : "word";

    private string UnitName => ByShown;

    private string SideShown => Sides.Contains(Side) ? Side! : Sides[0];

    private string OrderShown => Order == "passage" ? "passage" : "unit";

    private PartnerWord? ChosenWord => Token is { } token && ByShown == "word" ? _partners?.Words.FirstOrDefault(word => word.Query == Query && word.Unit == token) : null;

    // Tokens of the chosen unit, or of all of the query.
    private int AskedTokens => _query is not { } query ? 0 : Token is { } token && token < query.Units.Count ? query.Units[token].Tokens : query.Units.Sum(unit => unit.Tokens);

    private bool IsPartial => View == Partial;

    private string FindShown => Find?.Trim() ?? "";

    private double IntensityShown => double.TryParse(Intensity, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? Math.Clamp(value, 1, 8) : 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        Events.Changed -= OnChanged;
        _reading.Cancel();
        _reading.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync()
    {
        (Query, Token) = (AddressValue.Number(GivenQuery) ?? 0, AddressValue.Number(GivenToken));
        return Read();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_isStale || _passages is null || _isBusy)
        {
            return;
        }

        _isStale = false;
        try
        {
            _module ??= await Script.InvokeAsync<IJSObjectReference>("import", "/js/text.js");
            await _module.InvokeVoidAsync("show", _root, $"/api/v1/runs/{Id}/queries/{Query}/tokens/shades?by={ByShown}&view={(IsPartial ? Partial : Full)}", Token, _passages.NoiseFloor, IntensityShown);
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone.
        }
    }

    private TextChoice Choice() => TextChoice.From(Query, Token, ByShown, IsPartial ? Partial : Full, SideShown, OrderShown, FindShown);

    private async Task Read()
    {
        await _reading.CancelAsync();
        _reading.Dispose();
        _reading = new();
        var cancellation = _reading.Token;
        try
        {
            (_status, _contents, _error) = (await Reader.Find(Id, cancellation), await Library.Find(Id, cancellation), null);
            _isMissing = _status is null;
            if (_contents is not { IsText: true } run)
            {
                return;
            }

            Query = Math.Clamp(Query, 0, run.QueryCount - 1);
            _partners = await Partners.Find(run, cancellation);
            if (run.HasTokens && run.IsFinal && run.AddedAt(Query) is null or { State: "finished" })
            {
                await ReadTokens(cancellation);
            }
            else
            {
                (_texts, _pieces, _passages, _related, _matrix) = (null, null, null, null, null);
                _ranking = await Library.Scores(Id, Query, cancellation) is { } scores ? RankingView.Of(run, scores, new RankingChoice(Query, SideShown, Page: Math.Max(1, Page)), null) : null;
            }
        }
        catch (OperationCanceledException)
        {
            // Another token was chosen meanwhile.
        }
        catch (InputException error)
        {
            (_error, _isBusy) = (error.Message, false);
        }
    }

    private async Task ReadTokens(CancellationToken cancellation)
    {
        _texts = await Texts.Open(Id, Query, cancellation);
        if (_texts is not { } texts)
        {
            return;
        }

        (_pieces, _query) = (texts.QueryPieces(Choice().Level), TextLibrary.Query(texts, Choice()));
        Token = Token is { } token && token >= 0 && token < _query.Units.Count ? token : null;

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
            await Task.Delay(BeforePass, cancellation);
        }

        var choice = Choice();
        var passages = await Texts.Passages(texts, choice, Math.Max(1, Page), TextLibrary.PageSize, cancellation);
        var related = await Texts.Related(texts, choice, Related, cancellation);
        _matrix = await Task.Run(() => MatrixOf(texts, choice), cancellation);
        cancellation.ThrowIfCancellationRequested();
        _shown.Clear();
        foreach (var entry in passages.Passages)
        {
            _shown[entry.Item] = texts.Pieces(choice.Level, entry.Item);
        }

        (_passages, _related, _choice, _isBusy, _isStale) = (passages, related, choice, false, true);
    }

    private (MatrixPart, string, IReadOnlyList<string>, IReadOnlyList<string>)? MatrixOf(OpenTexts texts, TextChoice choice)
    {
        if (Item is not { } item || item < 0 || item >= texts.Tokens.Passages.Passages.Length)
        {
            return null;
        }

        static IReadOnlyList<string> Names(IReadOnlyList<TextPiece> pieces) => [.. pieces.Where(piece => piece.Unit >= 0).Select(piece => piece.Text)];
        var address = $"/api/v1/runs/{Id}/queries/{Query}/tokens/matrix?item={item}&by={ByShown}&view={(IsPartial ? Partial : Full)}";
        return (TextLibrary.Matrix(texts, choice, item, (0, int.MaxValue), (0, int.MaxValue)), address, Names(texts.QueryPieces(choice.Level)), Names(texts.Pieces(choice.Level, item)));
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
