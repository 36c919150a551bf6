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
    private readonly Readings _readings = new();
    private readonly Readings _taskReadings = new();
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
    private string? _whyNot;
    private (GroupInfluence Group, ItemChoice Choice, string What, int Query)? _weighed;

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
    public void Dispose()
    {
        Events.Changed -= OnChanged;
        _readings.Dispose();
        _taskReadings.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read();

    private async Task Read()
    {
        var overtaken = _readings.Begin();
        var (status, contents) = (await Reader.Find(Id), await Library.Find(Id));
        if (overtaken.IsCancellationRequested)
        {
            return;
        }

        (_status, _contents, _isMissing) = (status, contents, status is null);
        if (contents is { } run)
        {
            _query = Math.Clamp(Query ?? 0, 0, run.Record.Queries.Count - 1);
            _kind = What is "suspects" or "items" or "cluster" || (What is "class" && run.Train.Labels is not null) ? What : "top";
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

    private async Task ReadTasks()
    {
        var overtaken = _taskReadings.Begin();
        var tasks = await Tasks.Of(Id);
        if (!overtaken.IsCancellationRequested)
        {
            _tasks = [.. tasks.Where(task => task.Kind == RunTask.Removal)];
        }
    }

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

        (_error, _clusters) = (null, null);
        var count = _clusterCount = Math.Clamp(_clusterCount, 2, _contents!.Record.Data.Count);
        try
        {
            var clusters = await Desk.Clusters(Id, count, default);
            if (count == _clusterCount)
            {
                (_clusters, _cluster) = (clusters, Math.Clamp(_cluster, 1, clusters.Count));
            }
        }
        catch (Exception error) when (error is InputException or IOException)
        {
            if (count == _clusterCount)
            {
                _error = error.Message;
            }
        }
    }

    private string Describe(ItemCluster cluster)
    {
        var run = _contents!;
        var most = run.Train.Labels is { } labels ? cluster.Items.GroupBy(item => labels[item]).MaxBy(group => group.Count()) : null;
        return $"{cluster.Number}: {cluster.Items.Length:N0} items{(most is null ? "" : $", {most.Count() / (double)cluster.Items.Length:P0} {RankingView.NameOf(run, most.Key)}")}";
    }

    // Reading the traces may take seconds: the circuit stays free for it, and what is typed meanwhile is for the next time.
    private async Task Weigh()
    {
        var (run, choice, query) = (_contents!, Choice(), _query);
        var name = _kind == "class" ? $"the class {RankingView.NameOf(run, _class)}" : null;
        (_isBusy, _error, _weighed) = (true, null, null);
        try
        {
            if (query < 0 || query >= run.Record.Queries.Count)
            {
                throw new InputException($"There is no query {query}: the run has the queries 0 to {run.Record.Queries.Count - 1}.");
            }

            var (items, what) = await Desk.Items(run.Id, choice, default);
            var folder = await Library.Directory(run.Id);
            var group = await Task.Run(() =>
            {
                using var control = FirstOrderControl.OpenIfThere(folder);
                var place = new RunDirectory(folder);
                return GroupInfluence.Of(place.OpenTraces(), items, query, place.ReadRecord().Spec.ScoreCentering, control);
            });
            _weighed = (group, choice, name ?? what, query);
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

    private async Task Retrain(ItemChoice choice)
    {
        try
        {
            _error = null;
            await Desk.Remove(Id, new NewRemoval { Without = choice, Repeats = _repeats }, default);
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
