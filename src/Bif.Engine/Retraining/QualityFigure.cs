using System.Globalization;
using Bif.Engine.Figures;

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

    /// <summary>Draws the figure. Bars are one standard error; the dashed line is what a perfect predictor would reach.</summary>
    public static string Draw(IReadOnlyList<GridCell> cells)
    {
        double[] panels = [.. cells.Select(cell => cell.Attribution).Distinct().Order()];
        string[] methods = [.. cells.Select(cell => cell.Method).Distinct()];
        double[] shares = [.. cells.Select(cell => cell.Retraining).Distinct().Order()];
        var drawn = cells.Where(cell => double.IsFinite(cell.Lds)).ToList();
        var (low, high) = Range(drawn);
        var (width, height) = (Left + (panels.Length * (Width + Gap)), Top + Height + 64 + (Legend * methods.Length));
        var figure = new SvgDrawing(width, height);
        figure.Text(Left, 22, "Linear datamodelling score; bars are one standard error over pipelines");
        double Y(double value) => Top + (Height * (high - value) / (high - low));
        for (var panel = 0; panel < panels.Length; panel++)
        {
            var left = Left + (panel * (Width + Gap));
            double X(double share) => left + (Width * (Array.IndexOf(shares, share) + 0.5) / shares.Length);
            figure.Rectangle(left, Top, Width, Height, "none", "#999");
            figure.Text(left + (Width / 2.0), Top - 10, Invariant($"attribution over {panels[panel]:P0} of the data"), "middle");
            figure.Text(left + (Width / 2.0), Top + Height + 40, "share of the items retrained on", "middle");
            foreach (var share in shares)
            {
                figure.Text(X(share), Top + Height + 18, Invariant($"{share:G3}"), "middle");
            }

            for (var tick = Math.Ceiling(low * 5) / 5; tick <= high + 1e-9; tick += 0.2)
            {
                figure.Line(left, Y(tick), left + Width, Y(tick), Math.Abs(tick) < 1e-9 ? "#666" : "#ddd");
                figure.Text(left - 6, Y(tick) + 4, Invariant($"{tick:F1}"), "end");
            }

            Panel(figure, [.. drawn.Where(cell => cell.Attribution == panels[panel])], methods, X, Y);
        }

        for (var method = 0; method < methods.Length; method++)
        {
            var y = Top + Height + 62 + (Legend * method);
            figure.Line(Left, y - 4, Left + 24, y - 4, SvgDrawing.Colour(method));
            figure.Text(Left + 32, y, methods[method]);
        }

        return figure.ToString();
    }

    private static void Panel(SvgDrawing figure, IReadOnlyList<GridCell> cells, string[] methods, Func<double, double> x, Func<double, double> y)
    {
        var ceiling = cells.Where(cell => cell.Ceiling is not null).DistinctBy(cell => cell.Retraining).OrderBy(cell => cell.Retraining).ToList();
        figure.Path([.. ceiling.Select(cell => (x(cell.Retraining), y(cell.Ceiling!.Value)))], "#666", "stroke-dasharray=\"5 4\"");
        for (var method = 0; method < methods.Length; method++)
        {
            // Side by side, so that bars of methods at one share do not hide each other.
            double Across(GridCell cell) => x(cell.Retraining) + (4 * (method - ((methods.Length - 1) / 2.0)));
            var own = cells.Where(cell => cell.Method == methods[method]).OrderBy(cell => cell.Retraining).ToList();
            figure.Path([.. own.Select(cell => (Across(cell), y(cell.Lds)))], SvgDrawing.Colour(method));
            foreach (var cell in own)
            {
                figure.Line(Across(cell), y(cell.Lds - cell.StandardError), Across(cell), y(cell.Lds + cell.StandardError), SvgDrawing.Colour(method), "stroke-width=\"1.5\"");
                figure.Dot(Across(cell), y(cell.Lds), 3, SvgDrawing.Colour(method));
            }
        }
    }

    private static (double Low, double High) Range(IReadOnlyCollection<GridCell> cells) => (
        Math.Min(0, cells.Select(cell => cell.Lds - cell.StandardError).DefaultIfEmpty(0).Min() - 0.02),
        Math.Max(0.2, cells.SelectMany(cell => new[] { cell.Lds + cell.StandardError, cell.Ceiling ?? 0 }).DefaultIfEmpty(0).Max() + 0.04));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
