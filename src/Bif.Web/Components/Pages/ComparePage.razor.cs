using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Web.Browsing;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>Two rankings of one query: of two runs, of two methods, or of both; what is compared stands in the address.</summary>
public sealed partial class ComparePage
{
    private const int MostRuns = 200;
    private const int Shown = 16;
    private IReadOnlyList<RunStatus> _runs = [];
    private IReadOnlyList<Side> _sides = [];
    private RunContents? _first;
    private RankingComparison? _comparison;
    private string? _why;

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
    protected override async Task OnParametersSetAsync()
    {
        _runs = [.. (await Reader.Recent(MostRuns)).Where(run => run.State == RunState.Finished)];
        _sides = [await SideOf("A", A, Ma), await SideOf("B", B, Mb)];
        (_comparison, _why) = (null, null);
        if (A is not { } a || B is not { } b)
        {
            return;
        }

        (_first, var second) = (await Library.Find(a), await Library.Find(b));
        if (_first is null || second is null)
        {
            _why = "One of these runs is not there.";
        }
        else if (_first.Record.Data.Hash != second.Record.Data.Hash)
        {
            _why = "These runs hold different training items, so their rankings cannot be laid side by side.";
        }
        else if (await View.Scores(a, _sides[0].Method, Query) is not { } left || await View.Scores(b, _sides[1].Method, Query) is not { } right)
        {
            _why = $"One of them has no scores of query {Query}.";
        }
        else
        {
            // Queries of different data may share an index.
            _why = _first.Record.Queries.Hash != second.Record.Queries.Hash ? "These runs were asked about different queries: the same index is not the same query." : null;
            _comparison = _why is null ? RankingComparison.Of(_first, left, right, $"{_first.Name}, {_sides[0].Method}", $"{second.Name}, {_sides[1].Method}", Shown) : null;
        }
    }

    private async Task<Side> SideOf(string name, Guid? run, string? method)
    {
        IReadOnlyList<string> methods = [MethodView.Correlation, MethodView.Bif, .. run is { } id ? await Tasks.Methods(id) : []];
        return new(name, run, methods, method is not null && methods.Contains(method) ? method : methods[0]);
    }

    private void Go(Side side, Guid? run = null, string? method = null) => Navigation.NavigateTo(side.Name == "A"
        ? Address(a: run ?? A, ma: method ?? side.Method)
        : Address(b: run ?? B, mb: method ?? side.Method));

    private string Address(Guid? a = null, Guid? b = null, string? ma = null, string? mb = null, int? query = null)
        => $"/compare?a={a ?? A}&ma={ma ?? _sides[0].Method}&b={b ?? B}&mb={mb ?? _sides[1].Method}&query={query ?? Query}";

    private sealed record Side(string Name, Guid? Run, IReadOnlyList<string> Methods, string Method);
}
