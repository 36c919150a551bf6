using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Baselines;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Rankings of a query by comparison methods under the run's own, and the way to order more; rows appear as they are done.</summary>
public sealed partial class MethodRows : IDisposable
{
    private const int Count = 8;
    private readonly SortedSet<string> _chosen = new(StringComparer.Ordinal);
    private readonly Readings _readings = new();
    private IReadOnlyList<MethodRow> _rows = [];
    private IReadOnlyList<RunTaskStatus> _tasks = [];
    private IReadOnlyList<AttributionMethodAttribute> _missing = [];
    private (Guid Run, int Query)? _read;
    private string? _error;

    /// <summary>A finished run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>One of its own queries.</summary>
    [Parameter, EditorRequired]
    public int Query { get; set; }

    /// <summary>helpful or harmful.</summary>
    [Parameter]
    public string Side { get; set; } = "helpful";

    /// <summary>The query's class: equal labels are marked.</summary>
    [Parameter]
    public int? QueryLabel { get; set; }

    [Inject]
    private MethodView View { get; set; } = null!;

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
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_read != (Run, Query))
        {
            // The former query's rows may not stand under this one.
            (_read, _rows) = ((Run, Query), []);
            await Read();
        }
    }

    private static string Describe(MethodItem item) => $"rank {item.Rank}: item {item.Item}, {item.Description}{(item.IsShared ? ", also in the first row" : "")}";

    private static string MethodOf(RunTaskStatus task) => task.Title["compare with ".Length..];

    private async Task Read()
    {
        var overtaken = _readings.Begin();
        var rows = await View.Rows(Run, Query, null, Count) ?? [];

        // Of a method that was ordered several times, the last order counts.
        IReadOnlyList<RunTaskStatus> tasks = [.. (await Tasks.Of(Run)).Where(task => task.Kind == RunTask.Comparison).DistinctBy(task => task.Title)];
        if (!overtaken.IsCancellationRequested)
        {
            (_rows, _tasks) = (rows, tasks);
            _missing = [.. AttributionMethodCatalog.All.Where(method => rows.All(row => row.Method != method.Name) && !tasks.Any(task => task.IsActive && MethodOf(task) == method.Name))];
        }
    }

    private void Choose(string method, bool isWanted)
    {
        if (isWanted)
        {
            _chosen.Add(method);
        }
        else
        {
            _chosen.Remove(method);
        }
    }

    private async Task Order()
    {
        try
        {
            _error = null;
            await Desk.Compare(Run, [.. _chosen], default);
            _chosen.Clear();
            await Read();
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (change.Run is null || (change.Run.Id == Run && change.Kinds.Contains(RunSignal.Task)))
        {
            await Read();
            StateHasChanged();
        }
    });
}
