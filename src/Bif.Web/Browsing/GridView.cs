using System.Globalization;
using Bif.Engine.Retraining;

namespace Bif.Web.Browsing;

/// <summary>A panel of a grid: attribution over one share of the data.</summary>
/// <param name="Attribution">The share, 0 to 1.</param>
/// <param name="Traces">Plotly's traces: a line with error bars per method, and the ceiling.</param>
/// <param name="Layout">Plotly's layout; all panels have the same scale.</param>
/// <param name="Summary">The picture in words.</param>
public sealed record GridPanel(double Attribution, IReadOnlyList<object> Traces, object Layout, string Summary);

/// <summary>A grid as a page shows it.</summary>
public static class GridView
{
    // After the page's colours marks of another shape tell methods apart.
    private const int Colours = 6;
    private static readonly string[] Symbols = ["circle", "square", "diamond", "triangle-up"];

    /// <summary>The panels, the smallest share of attribution first.</summary>
    public static IReadOnlyList<GridPanel> Panels(IReadOnlyList<GridCell> cells)
    {
        string[] methods = [.. cells.Select(cell => cell.Method).Distinct()];
        var drawn = cells.Where(cell => double.IsFinite(cell.Lds)).ToList();
        double[] range =
        [
            Math.Min(0, drawn.Select(cell => cell.Lds - cell.StandardError).DefaultIfEmpty(0).Min()) - 0.02,
            drawn.SelectMany(cell => new[] { cell.Lds + cell.StandardError, cell.Ceiling ?? 0 }).DefaultIfEmpty(1).Max() + 0.03,
        ];
        return
        [
            .. cells.GroupBy(cell => cell.Attribution).OrderBy(panel => panel.Key).Select(panel => new GridPanel(
                panel.Key,
                [.. methods.Select((method, place) => Line([.. panel.Where(cell => cell.Method == method).OrderBy(cell => cell.Retraining)], method, place)), .. Ceiling(panel)],
                new
                {
                    xaxis = new { title = new { text = "share of the items retrained on" }, tickformat = ".0%", range = new[] { 0, 1 } },
                    yaxis = new { title = new { text = "LDS" }, range },
                },
                Words(panel))),
        ];
    }

    private static object Line(IReadOnlyList<GridCell> cells, string method, int place) => new
    {
        type = "scatter", mode = "lines+markers", name = method, x = cells.Select(cell => cell.Retraining), y = cells.Select(cell => double.IsFinite(cell.Lds) ? cell.Lds : (double?)null),
        error_y = new { type = "data", array = cells.Select(cell => double.IsFinite(cell.StandardError) ? cell.StandardError : 0), thickness = 1.5, width = 4 },
        line = new { color = Colour(place) }, marker = new { color = Colour(place), symbol = Symbols[place / Colours % Symbols.Length], size = 7 }, hovertemplate = $"{Bare(method)}: %{{y:.3f}}<extra></extra>",
    };

    private static string Colour(int place) => $"--series-{(place % Colours) + 1}";

    // Plotly reads a little markup in what it shows.
    private static string Bare(string name) => name.Replace("<", "‹", StringComparison.Ordinal).Replace(">", "›", StringComparison.Ordinal).Replace("%{", "% {", StringComparison.Ordinal);

    private static IEnumerable<object> Ceiling(IEnumerable<GridCell> cells)
    {
        var known = cells.Where(cell => cell.Ceiling is not null).DistinctBy(cell => cell.Retraining).OrderBy(cell => cell.Retraining).ToList();
        return known.Count == 0
            ? []
            : [new { type = "scatter", mode = "lines", name = "ceiling", x = known.Select(cell => cell.Retraining), y = known.Select(cell => cell.Ceiling), line = new { dash = "dot", color = "--muted", width = 1 }, hovertemplate = "ceiling %{y:.3f}<extra></extra>" }];
    }

    private static string Words(IGrouping<double, GridCell> panel)
    {
        var best = panel.Where(cell => double.IsFinite(cell.Lds)).MaxBy(cell => cell.Lds);
        var percent = panel.Key.ToString("P0", CultureInfo.InvariantCulture);
        return best is null
            ? $"Attribution over {percent} of the data: no score could be told."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Attribution over {percent} of the data: the best is {best.Method} at {best.Retraining:P0} of the items with an LDS of {best.Lds:F3} ± {best.StandardError:F3} ({best.Pipelines} pipeline{(best.Pipelines == 1 ? "" : "s")}).");
    }
}
