using System.Globalization;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>A set of training items: its summed influence on a query, and retraining without it.</summary>
public sealed partial class GroupPage : IDisposable
{
    private RunContents? _contents;
    private RunStatus? _status;
    private IReadOnlyList<RunTaskStatus> _tasks = [];
    private bool _isMissing;
    private bool _isBusy;
    private string _kind = "top";
    private int _class;
    private string _items = "";
    private int _count = 20;
    private int _clusterCount = ItemClusters.UsualCount;
    private int _cluster = 1;
    private IReadOnlyList<ItemCluster>? _clusters;
    private int _query;
    private int _repeats = 5;
    private string? _error;
    private string? _what;
    private string? _whyNot;
    private ItemChoice? _choice;
    private GroupInfluence? _weighed;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "query")]
    private string? GivenQuery { get; set; }

    private int? Query => AddressValue.Number(GivenQuery);

    [SupplyParameterFromQuery]
    private string? What { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private TaskLibrary Tasks { get; set; } = null!;

    [Inject]
    private TaskDesk Desk { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

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
        if (_contents is { } run)
        {
            _query = Math.Clamp(Query ?? 0, 0, run.Record.Queries.Count - 1);
            _kind = What is "class" or "suspects" or "items" or "cluster" ? What : "top";
            _class = run.Train.Labels is { } labels ? run.LabelOfQuery(_query) ?? labels[0] : 0;
            _whyNot = TaskDesk.WhyNotRetrained(run);
            await ReadTasks();
            if (run.IsFinal)
            {
                await Divide();
            }
        }
    }

    private static string Signed(double value) => value.ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);

    private double Change(double bif) => -_contents!.Record.Settings.Nbeta * bif / _contents.Record.Data.Count;

    private async Task ReadTasks() => _tasks = [.. (await Tasks.Of(Id)).Where(task => task.Kind == RunTask.Removal)];

    private ItemChoice Choice() => _kind switch
    {
        "class" => new() { Class = _class.ToString(CultureInfo.InvariantCulture) },
        "suspects" => new() { Suspects = true, Count = _count },
        "items" => new() { Items = _items.Trim() },
        "cluster" => new() { Cluster = _cluster, Clusters = _clusterCount },
        _ => new() { TopOf = _query, Count = _count },
    };

    // Clusters are computed when they are asked for, and again for another number of them.
    private async Task Divide()
    {
        if (_kind != "cluster")
        {
            return;
        }

        try
        {
            (_error, _clusters) = (null, null);
            _clusterCount = Math.Clamp(_clusterCount, 2, _contents!.Record.Data.Count);
            _clusters = await Desk.Clusters(Id, _clusterCount, default);
            _cluster = Math.Clamp(_cluster, 1, _clusters.Count);
        }
        catch (Exception error) when (error is InputException or IOException)
        {
            _error = error.Message;
        }
    }

    private string Describe(ItemCluster cluster)
    {
        var run = _contents!;
        var most = run.Train.Labels is { } labels ? cluster.Items.GroupBy(item => labels[item]).MaxBy(group => group.Count()) : null;
        return $"{cluster.Number}: {cluster.Items.Length:N0} items{(most is null ? "" : $", {most.Count() / (double)cluster.Items.Length:P0} {RankingView.NameOf(run, most.Key)}")}";
    }

    // Reading the traces may take seconds: the circuit stays free for it.
    private async Task Weigh()
    {
        (_isBusy, _error, _weighed) = (true, null, null);
        try
        {
            var run = _contents!;
            if (_query < 0 || _query >= run.Record.Queries.Count)
            {
                throw new InputException($"There is no query {_query}: the run has the queries 0 to {run.Record.Queries.Count - 1}.");
            }

            var choice = Choice();
            (var items, _what) = await Desk.Items(Id, choice, default);
            if (_kind == "class")
            {
                _what = $"the class {RankingView.NameOf(run, _class)}";
            }

            var folder = await Library.Directory(Id);
            _weighed = await Task.Run(() =>
            {
                using var control = FirstOrderControl.OpenIfThere(folder);
                var place = new RunDirectory(folder);
                return GroupInfluence.Of(place.OpenTraces(), items, _query, place.ReadRecord().Spec.ScoreCentering, control);
            });
            _choice = choice;
        }
        catch (Exception error) when (error is InputException or IOException)
        {
            _error = error.Message;
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task Retrain()
    {
        try
        {
            _error = null;
            await Desk.Remove(Id, new NewRemoval { Without = _choice!, Repeats = _repeats }, default);
            await ReadTasks();
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (change.Run is { } run && run.Id != Id)
        {
            return;
        }

        // What a person has chosen here stays while the run does.
        if (change.Kinds.Contains(RunSignal.State) || (change.Run is null && _contents is not { IsFinal: true }))
        {
            await Read();
            StateHasChanged();
        }
        else if (change.Run is null || change.Kinds.Contains(RunSignal.Task))
        {
            await ReadTasks();
            StateHasChanged();
        }
    });
}
