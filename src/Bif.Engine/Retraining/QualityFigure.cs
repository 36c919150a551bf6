using System.Globalization;
using System.Net;
using System.Text;

namespace Bif.Engine.Retraining;

/// <summary>A grid as one SVG: a panel per share of attribution, in it LDS over the share of retraining, a line with error bars per method.</summary>
public static class QualityFigure
{
    private const int Width = 300;
    private const int Height = 260;
    private const int Left = 64;
    private const int Top = 56;
    private const int Gap = 40;
    private const int Legend = 20;

    // Okabe and Ito's colours, which differ for every kind of colour vision.
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933"];

    /// <summary>Draws the figure. Bars are one standard error; the dashed line is what a perfect predictor would reach.</summary>
    public static string Draw(IReadOnlyList<GridCell> cells)
    {
        double[] panels = [.. cells.Select(cell => cell.Attribution).Distinct().Order()];
        string[] methods = [.. cells.Select(cell => cell.Method).Distinct()];
        double[] shares = [.. cells.Select(cell => cell.Retraining).Distinct().Order()];
        var drawn = cells.Where(cell => double.IsFinite(cell.Lds)).ToList();
        var (low, high) = Range(drawn);
        var (width, height) = (Left + (panels.Length * (Width + Gap)), Top + Height + 64 + (Legend * methods.Length));
        var svg = new StringBuilder();
        svg.AppendLine($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">");
        svg.AppendLine($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
        Text(svg, Left, 22, "Linear datamodelling score; bars are one standard error over pipelines", "start");
        double Y(double value) => Top + (Height * (high - value) / (high - low));
        for (var panel = 0; panel < panels.Length; panel++)
        {
            var left = Left + (panel * (Width + Gap));
            double X(double share) => left + (Width * (Array.IndexOf(shares, share) + 0.5) / shares.Length);
            svg.AppendLine($"<rect x=\"{left}\" y=\"{Top}\" width=\"{Width}\" height=\"{Height}\" fill=\"none\" stroke=\"#999\"/>");
            Text(svg, left + (Width / 2.0), Top - 10, Invariant($"attribution over {panels[panel]:P0} of the data"), "middle");
            Text(svg, left + (Width / 2.0), Top + Height + 40, "share of the items retrained on", "middle");
            foreach (var share in shares)
            {
                Text(svg, X(share), Top + Height + 18, Invariant($"{share:G3}"), "middle");
            }

            for (var tick = Math.Ceiling(low * 5) / 5; tick <= high + 1e-9; tick += 0.2)
            {
                Line(svg, left, Y(tick), left + Width, Y(tick), Math.Abs(tick) < 1e-9 ? "#666" : "#ddd", "");
                Text(svg, left - 6, Y(tick) + 4, Invariant($"{tick:F1}"), "end");
            }

            Panel(svg, [.. drawn.Where(cell => cell.Attribution == panels[panel])], methods, X, Y);
        }

        for (var method = 0; method < methods.Length; method++)
        {
            var y = Top + Height + 62 + (Legend * method);
            Line(svg, Left, y - 4, Left + 24, y - 4, Colour(method), "");
            Text(svg, Left + 32, y, methods[method], "start");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(StringBuilder svg, IReadOnlyList<GridCell> cells, string[] methods, Func<double, double> x, Func<double, double> y)
    {
        var ceiling = cells.Where(cell => cell.Ceiling is not null).DistinctBy(cell => cell.Retraining).OrderBy(cell => cell.Retraining).ToList();
        Path(svg, [.. ceiling.Select(cell => (x(cell.Retraining), y(cell.Ceiling!.Value)))], "#666", " stroke-dasharray=\"5 4\"");
        for (var method = 0; method < methods.Length; method++)
        {
            // Side by side, so that bars of methods at one share do not hide each other.
            double Across(GridCell cell) => x(cell.Retraining) + (4 * (method - ((methods.Length - 1) / 2.0)));
            var own = cells.Where(cell => cell.Method == methods[method]).OrderBy(cell => cell.Retraining).ToList();
            Path(svg, [.. own.Select(cell => (Across(cell), y(cell.Lds)))], Colour(method), "");
            foreach (var cell in own)
            {
                Line(svg, Across(cell), y(cell.Lds - cell.StandardError), Across(cell), y(cell.Lds + cell.StandardError), Colour(method), " stroke-width=\"1.5\"");
                svg.AppendLine(Invariant($"<circle cx=\"{Across(cell):F1}\" cy=\"{y(cell.Lds):F1}\" r=\"3\" fill=\"{Colour(method)}\"/>"));
            }
        }
    }

    private static (double Low, double High) Range(IReadOnlyCollection<GridCell> cells) => (
        Math.Min(0, cells.Select(cell => cell.Lds - cell.StandardError).DefaultIfEmpty(0).Min() - 0.02),
        Math.Max(0.2, cells.SelectMany(cell => new[] { cell.Lds + cell.StandardError, cell.Ceiling ?? 0 }).DefaultIfEmpty(0).Max() + 0.04));

    private static string Colour(int method) => Colours[method % Colours.Length];

    private static void Path(StringBuilder svg, (double X, double Y)[] points, string colour, string style)
    {
        if (points.Length > 1)
        {
            svg.AppendLine($"<polyline points=\"{string.Join(' ', points.Select(point => Invariant($"{point.X:F1},{point.Y:F1}")))}\" fill=\"none\" stroke=\"{colour}\"{style}/>");
        }
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string colour, string style)
        => svg.AppendLine(Invariant($"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" stroke=\"{colour}\"{style}/>"));

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor)
        => svg.AppendLine(Invariant($"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\" fill=\"#222\">{WebUtility.HtmlEncode(text)}</text>"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
