using System.Globalization;
using System.Text.Json;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;

namespace Bif.Web.Tasks;

/// <summary>What became of one query.</summary>
/// <param name="Query">Its index.</param>
/// <param name="Predicted">Predicted change of its loss, nats, positive = worse.</param>
/// <param name="Measured">Measured change.</param>
/// <param name="Error">Standard error of the measured change.</param>
public sealed record RemovalRow(int Query, double Predicted, double Measured, double Error);

/// <summary>A finished retraining as a page shows it: a picture, the numbers, a sentence.</summary>
/// <param name="Rows">The queries, the largest prediction first.</param>
/// <param name="Traces">Plotly's traces: measured against predicted with errors, and the diagonal.</param>
/// <param name="Layout">Plotly's layout.</param>
/// <param name="Summary">The picture in words.</param>
public sealed record RemovalView(IReadOnlyList<RemovalRow> Rows, IReadOnlyList<object> Traces, object Layout, string Summary)
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<RunTaskStatus, RemovalView> Views = [];

    /// <summary>The view of a finished task; null of another one.</summary>
    public static RemovalView? Of(RunTaskStatus task)
        => task is { State: "finished", Kind: "removal", Result: { } result } ? Views.GetValue(task, _ => Make(result.Deserialize<RemovalRecord>(RunRecord.Json)!)) : null;

    private static RemovalView Make(RemovalRecord record)
    {
        var rows = Enumerable.Range(0, record.Measured.Length)
            .Select(query => new RemovalRow(query, record.Predicted[query], record.Measured[query], record.MeasuredError[query]))
            .OrderByDescending(row => Math.Abs(row.Predicted)).ToList();
        // Over the predictions alone: first order may fall far short of what a large set does.
        double[] ends = [rows.Min(row => row.Predicted), rows.Max(row => row.Predicted)];
        object[] traces =
        [
            new
            {
                type = "scatter", mode = "markers", name = "queries", x = rows.Select(row => row.Predicted), y = rows.Select(row => row.Measured),
                error_y = new { type = "data", array = rows.Select(row => row.Error), thickness = 1, width = 0, color = "--muted" },
                text = rows.Select(row => $"query {row.Query}"), marker = new { color = "--accent", size = 7 },
                hovertemplate = "%{text}: predicted %{x:.3g}, measured %{y:.3g}<extra></extra>",
            },
            new { type = "scatter", mode = "lines", name = "as predicted", x = ends, y = ends, line = new { dash = "dot", color = "--muted", width = 1 }, hoverinfo = "skip" },
        ];
        var rank = double.IsFinite(record.RankCorrelation)
            ? $"predicted and measured changes have the rank correlation {record.RankCorrelation.ToString("F2", CultureInfo.InvariantCulture)} over {rows.Count} queries"
            : "the changes are the same for all queries";
        return new(
            rows, traces,
            new { xaxis = new { title = new { text = "predicted change of the loss, nats" } }, yaxis = new { title = new { text = "measured change, nats" } } },
            $"Without {record.Without.Length:N0} items, {record.Repeats} models of each kind: {rank}. {record.Recipe}.");
    }
}
