using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Data;
using Bif.Engine.Demo;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>Training items by suspicion; where the data says what is wrong in it, how much of that is found.</summary>
public sealed partial class DataPage : IDisposable
{
    private static readonly object _foundLayout = new
    {
        xaxis = new { title = new { text = "items inspected" }, tickformat = ".0%", range = new[] { 0, 1 } },
        yaxis = new { title = new { text = "wrong labels found" }, tickformat = ".0%", range = new[] { 0, 1.02 } },
    };

    private RunContents? _contents;
    private RunStatus? _status;
    private SuspicionPage? _page;
    private bool _isMissing;
    private bool _hasPictures;
    private IReadOnlyDictionary<int, string> _planted = new Dictionary<int, string>();
    private IReadOnlyList<double> _found = [];
    private IReadOnlyList<object> _foundTraces = [];
    private string _foundSummary = "";

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery]
    private string? By { get; set; }

    [SupplyParameterFromQuery(Name = "label")]
    private string? GivenLabel { get; set; }

    private int? Label => AddressValue.Index(GivenLabel);

    [SupplyParameterFromQuery(Name = "page")]
    private string? GivenPage { get; set; }

    private int Page => AddressValue.Number(GivenPage) ?? 1;

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private Pictures Pictures { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private SuspicionMeasure Measure => Suspicion.Measures.FirstOrDefault(measure => measure.Name == By) ?? Suspicion.Measures[0];

    /// <inheritdoc/>
    public void Dispose() => Events.Changed -= OnChanged;

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read();

    private async Task Read()
    {
        (_status, _contents) = (await Reader.Find(Id), await Library.Find(Id));
        _isMissing = _status is null;
        if (_contents is not { } run || await Library.Items(Id) is not { } items)
        {
            _page = null;
            return;
        }

        _hasPictures = Pictures.Shape(run.Record) is not null;
        var order = Suspicion.Order(Measure, items.Variance, items.Loss);
        _page = Suspicion.Page(run, Measure, order, items.Variance, items.Loss, Label, Math.Max(1, Page));
        CompareWithTruth(run, order);
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (change.Run is null || (change.Run.Id == Id && change.Kinds.Contains(RunSignal.State)))
        {
            await Read();
            StateHasChanged();
        }
    });

    // Only the demo's data says what is wrong in it, and only if the run has all of it.
    private void CompareWithTruth(RunContents run, int[] order)
    {
        var file = Path.Combine(DataPath.Parse(run.Record.Spec.Data).Path, "truth.json");
        if (!File.Exists(file))
        {
            return;
        }

        try
        {
            var truth = DemoTruth.Read(file);
            if (truth.TrainCount != run.Record.Data.Count)
            {
                return;
            }

            _planted = truth.WrongLabels.ToDictionary(each => each.Item, each => truth.ClassNames[each.TrueLabel]);
            _found = Suspicion.Found(order, _planted.Keys.ToHashSet());
        }
        catch (InputException)
        {
            // A damaged file beside the data is no reason to hide the ranking.
            return;
        }

        var shares = Enumerable.Range(0, 101).Select(percent => percent / 100.0).ToArray();
        _foundTraces =
        [
            new { type = "scatter", mode = "lines", name = Measure.Title, x = shares, y = shares.Select(FoundAt), line = new { color = "--accent", width = 2 } },
            new { type = "scatter", mode = "lines", name = "by chance", x = new[] { 0, 1 }, y = new[] { 0, 1 }, line = new { color = "--muted", dash = "dot", width = 1 } },
        ];
        _foundSummary = $"Of {_planted.Count} planted wrong labels, {FoundAt(0.05):P0} are among the first 5 % of the items by {Measure.Title.ToLowerInvariant()}, "
            + $"{FoundAt(0.1):P0} among the first 10 %, {FoundAt(0.2):P0} among the first 20 %.";
    }

    private double FoundAt(double share) => share == 0 ? 0 : _found[Math.Min(_found.Count, (int)Math.Ceiling(share * _found.Count)) - 1];

    private string Address(string? by = null, int? label = null, int? page = null)
    {
        var parts = new List<string>();
        if ((by ?? Measure.Name) is var measure && measure != Suspicion.Measures[0].Name)
        {
            parts.Add($"by={measure}");
        }

        if ((label ?? Label) is >= 0 and var shown)
        {
            parts.Add($"label={shown}");
        }

        if ((page ?? Page) is > 1 and var number)
        {
            parts.Add($"page={number}");
        }

        return $"/runs/{Id}/data" + (parts.Count > 0 ? "?" + string.Join('&', parts) : "");
    }
}
