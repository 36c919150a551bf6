using System.Globalization;
using System.Text.Json;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Baselines;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Components.Controls;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>How well a run's scores predict retraining, beside other methods: LDS, ceiling, agreement, cost; and the way to measure it.</summary>
public sealed partial class QualityPage : IDisposable
{
    private readonly Readings _readings = new();
    private RunContents? _contents;
    private RunStatus? _status;
    private RunQuality? _quality;
    private IReadOnlyList<RunTaskStatus> _tasks = [];
    private Dictionary<string, (double RankCorrelation, double Overlap)> _agreement = [];
    private IReadOnlyList<(string Name, string Value, string Meaning)> _health = [];
    private IReadOnlyList<object> _traces = [];
    private object _layout = new { };
    private string _summary = "";
    private string _folder = "";
    private string? _whyNot;
    private string? _error;
    private bool _isMissing;
    private int _subsets = 50;
    private int _repeats = 2;

    /// <summary>The run.</summary>
    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunLibrary Library { get; set; } = null!;

    [Inject]
    private QualityLibrary Qualities { get; set; } = null!;

    [Inject]
    private TaskLibrary Tasks { get; set; } = null!;

    [Inject]
    private TaskDesk Desk { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    // One row per method: where it has settings, the one that the tuning subsets prefer.
    private IReadOnlyList<MethodQuality> Shown => [.. _quality!.Record.Methods.Where(method => method.Chosen ?? true).OrderByDescending(method => double.IsFinite(method.Lds) ? method.Lds : -2)];

    /// <inheritdoc/>
    public void Dispose()
    {
        Events.Changed -= OnChanged;
        _readings.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Read();

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Signed(double value) => value.ToString("+0.000;-0.000", CultureInfo.InvariantCulture);

    private static string Passes(double? count) => count?.ToString("N0", CultureInfo.InvariantCulture) ?? "–";

    // What was measured with the scores; of records of before that, what a comparison told.
    private (double RankCorrelation, double Overlap)? WithBif(string method) => method == MethodView.Bif ? null
        : _quality!.Record.Agreement is { } agreement ? agreement.Between(MethodView.Bif, method)
        : _agreement.TryGetValue(method, out var known) ? known : null;

    private static string Alike(MethodAgreement agreement, int row, int column)
        => row == column ? "" : column > row ? agreement.Overlap[row][column].ToString("F2", CultureInfo.InvariantCulture)
        : double.IsFinite(agreement.RankCorrelation[row][column]) ? Signed(agreement.RankCorrelation[row][column]) : "–";

    private async Task Read()
    {
        var overtaken = _readings.Begin();
        var (status, contents) = (await Reader.Find(Id), await Library.Find(Id));
        IReadOnlyList<RunTaskStatus> tasks = contents is null ? [] : await Tasks.Of(Id);
        var quality = contents is { IsFinal: true } ? await Qualities.Find(contents) : null;
        var folder = contents is null ? "" : await Library.Directory(Id);
        if (overtaken.IsCancellationRequested)
        {
            return;
        }

        (_status, _contents, _isMissing, _quality, _folder) = (status, contents, status is null, quality, folder);
        if (contents is not { } run)
        {
            return;
        }

        _tasks = [.. tasks.Where(task => task.Kind == RunTask.Quality)];
        _agreement = tasks.Where(task => task is { Kind: RunTask.Comparison, State: "finished", Result: not null })
            .Select(task => task.Result!.Value.Deserialize<ComparisonResult>(RunRecord.Json)!)
            .Where(result => result.WithBif is not null).DistinctBy(result => result.Record.Method)
            .ToDictionary(result => result.Record.Method, result => (result.WithBif!.RankCorrelation ?? double.NaN, result.WithBif.TopOverlap));
        _health = RunHealth.Of(run.Record);
        _whyNot = TaskDesk.WhyNotRetrained(run);
        if (quality is not null)
        {
            Draw(quality.Record);
        }
    }

    private void Draw(QualityRecord record)
    {
        var rows = Shown.Where(method => double.IsFinite(method.Lds)).Reverse().ToList();
        _traces =
        [
            new
            {
                type = "scatter", mode = "markers", x = rows.Select(row => row.Lds), y = rows.Select(row => row.Name),
                error_x = new { type = "data", symmetric = false, array = rows.Select(row => row.High - row.Lds), arrayminus = rows.Select(row => row.Lds - row.Low), color = "--muted", width = 4 },
                marker = new { size = 10, color = rows.Select(row => row.Name == MethodView.Bif ? "--accent" : "--muted") },
                hovertemplate = "%{y}: %{x:.3f}<extra></extra>",
            },
            .. record.Ceiling is { } ceiling
                ? new object[] { new { type = "scatter", mode = "lines", x = new[] { ceiling, ceiling }, y = new[] { rows[0].Name, rows[^1].Name }, line = new { dash = "dot", color = "--muted", width = 1 }, hovertemplate = "ceiling %{x:.3f}<extra></extra>" } }
                : [],
        ];
        _layout = new { xaxis = new { title = new { text = "LDS, with 95 % interval; dotted: ceiling" } }, yaxis = new { type = "category" }, showlegend = false };
        var best = rows[^1];
        _summary = $"Best: {best.Name} with an LDS of {Number(best.Lds)}; BIF {Number(rows.FirstOrDefault(row => row.Name == MethodView.Bif)?.Lds ?? double.NaN)}, {rows.Count} methods.";
    }

    private async Task Measure()
    {
        try
        {
            _error = null;
            await Desk.Measure(Id, _subsets, _repeats, default);
            await Read();
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        if (change.Run is null || (change.Run.Id == Id && (change.Kinds.Contains(RunSignal.Task) || change.Kinds.Contains(RunSignal.State))))
        {
            await Read();
            StateHasChanged();
        }
    });
}
