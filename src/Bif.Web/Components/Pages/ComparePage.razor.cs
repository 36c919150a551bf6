using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>Two rankings of one query: of two runs, of two methods, or of both; what is compared stands in the address.</summary>
public sealed partial class ComparePage : IDisposable
{
    private const int MostRuns = 200;
    private const int Shown = 16;
    private readonly Readings _readings = new();
    private IReadOnlyList<RunStatus> _runs = [];
    private IReadOnlyList<Side> _sides = [];
    private RunContents? _first;
    private RankingComparison? _comparison;
    private string? _why;
    private int _query;

    [SupplyParameterFromQuery(Name = "a")]
    private string? GivenA { get; set; }

    private Guid? A => AddressValue.Identity(GivenA);

    [SupplyParameterFromQuery(Name = "b")]
    private string? GivenB { get; set; }

    private Guid? B => AddressValue.Identity(GivenB);

    [SupplyParameterFromQuery]
    private string? Ma { get; set; }

    [SupplyParameterFromQuery]
    private string? Mb { get; set; }

    [SupplyParameterFromQuery(Name = "query")]
    private string? GivenQuery { get; set; }

    private int Query => AddressValue.Number(GivenQuery) ?? 0;

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private TaskLibrary Tasks { get; set; } = null!;

    [Inject]
    private MethodView View { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose() => _readings.Dispose();

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        var overtaken = _readings.Begin();
        var query = Query;
        IReadOnlyList<RunStatus> runs = [.. (await Reader.Recent(MostRuns)).Where(run => run.State == RunState.Finished)];
        Side[] sides = [await SideOf("A", A, Ma), await SideOf("B", B, Mb)];
        var (first, comparison, why) = await Compare(sides[0], sides[1], query);
        if (!overtaken.IsCancellationRequested)
        {
            (_runs, _sides, _query, _first, _comparison, _why) = (runs, sides, query, first, comparison, why);
        }
    }

    // The comparison, or why there is none; neither where a side is not chosen.
    private async Task<(RunContents? First, RankingComparison? Comparison, string? Why)> Compare(Side a, Side b, int query)
    {
        if (a.Run is not { } runA || b.Run is not { } runB)
        {
            return default;
        }

        if (await Library.Find(runA) is not { } first || await Library.Find(runB) is not { } second)
        {
            return (null, null, "One of these runs is not there.");
        }

        if (first.Record.Data.Hash != second.Record.Data.Hash)
        {
            return (first, null, "These runs hold different training items, so their rankings cannot be laid side by side.");
        }

        if (await View.Scores(runA, a.Method, query) is not { } left || await View.Scores(runB, b.Method, query) is not { } right)
        {
            return (first, null, $"One of them has no scores of query {query}.");
        }

        // Queries of different data may share an index.
        return first.Record.Queries.Hash != second.Record.Queries.Hash
            ? (first, null, "These runs were asked about different queries: the same index is not the same query.")
            : (first, RankingComparison.Of(first, left, right, $"{first.Name}, {a.Method}", $"{second.Name}, {b.Method}", Shown), null);
    }

    private async Task<Side> SideOf(string name, Guid? run, string? method)
    {
        IReadOnlyList<string> methods = [MethodView.Correlation, MethodView.Bif, .. run is { } id ? await Tasks.Methods(id) : []];
        return new(name, run, methods, method is not null && methods.Contains(method) ? method : methods[0]);
    }

    private void Go(Side side, Guid? run = null, string? method = null) => Navigation.NavigateTo(side.Name == "A"
        ? Address(a: run ?? A, ma: method ?? side.Method)
        : Address(b: run ?? B, mb: method ?? side.Method));

    // A method that is not given is the side's usual one, also while the sides are still read.
    private string Address(Guid? a = null, Guid? b = null, string? ma = null, string? mb = null, int? query = null)
        => $"/compare?a={a ?? A}&ma={ma ?? Ma}&b={b ?? B}&mb={mb ?? Mb}&query={query ?? Query}";

    private sealed record Side(string Name, Guid? Run, IReadOnlyList<string> Methods, string Method);
}
