using System.Globalization;
using Bif.Engine.Figures;

namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>Seconds and peak memory over parameters, both logarithmic: a column per family, a line per method; what did not fit is named under it.</summary>
internal static class ScalingFigure
{
    private const int Width = 340;
    private const int Height = 220;
    private const int Left = 76;
    private const int Top = 96;
    private const int Gap = 72;
    private const double Mebibyte = 1 << 20;
    private static readonly string[] Methods = ["bif", "ekfac"];

    /// <summary>Draws the rows of one task.</summary>
    public static string Draw(IReadOnlyList<ScalingRow> rows, ScalingTask task)
    {
        string[] families = [.. rows.Select(row => row.Family).Distinct()];
        var figure = new SvgDrawing(Left + (Math.Max(1, families.Length) * (Width + Gap)), Top + (2 * (Height + Gap)) + 24);
        figure.Text(Left, 20, "BIF and EK-FAC on random weights", size: 13);
        figure.Text(Left, 37, string.Create(CultureInfo.InvariantCulture, $"{task.Items} items, {task.Queries} queries, at least {task.EffectiveDraws} effective draws, {task.Device}"), size: 11, colour: "#666");
        for (var method = 0; method < Methods.Length; method++)
        {
            figure.Line(Left + (90 * method), 54, Left + 24 + (90 * method), 54, SvgDrawing.Colour(method), "stroke-width=\"2\"");
            figure.Text(Left + 30 + (90 * method), 58, Methods[method]);
        }

        var shown = rows.Where(row => row is { Seconds: not null, Parameters: not null }).ToList();
        for (var family = 0; family < families.Length; family++)
        {
            var own = shown.Where(row => row.Family == families[family]).ToList();
            var left = Left + (family * (Width + Gap));
            figure.Text(left + (Width / 2.0), Top - 10, $"{families[family]} models", "middle", 13);
            Panel(figure, left, Top, own, shown, row => row.Seconds!.Value, "seconds", false);
            Panel(figure, left, Top + Height + Gap, own, shown, row => row.DecisiveBytes!.Value / Mebibyte, task.Device == "cpu" ? "peak memory, MiB" : "peak GPU memory, MiB", true);
            var missing = rows.Where(row => row.Family == families[family] && row.Missing is not null).GroupBy(row => row.Method).Select(group => $"{group.Key} from {group.First().Size} on").ToList();
            if (missing.Count > 0)
            {
                figure.Text(left + (Width / 2.0), Top + (2 * Height) + Gap + 58, $"did not fit: {string.Join("; ", missing)}", "middle", 11, "#666");
            }
        }

        return figure.ToString();
    }

    private static void Panel(SvgDrawing figure, int left, int top, List<ScalingRow> rows, List<ScalingRow> all, Func<ScalingRow, double> value, string title, bool isLast)
    {
        figure.Rectangle(left, top, Width, Height, "none", "#999");
        figure.Text(left, top - 4, title, size: 11, colour: "#666");
        if (rows.Count == 0)
        {
            return;
        }

        var (x, y) = (Axis.Of(rows.Select(row => (double)row.Parameters!.Value)), Axis.Of(all.Select(value)));
        double X(double at) => left + (Width * x.Share(at));
        double Y(double at) => top + Height - (Height * y.Share(at));
        foreach (var tick in x.Ticks)
        {
            figure.Line(X(tick), top, X(tick), top + Height, "#ddd");
            figure.Text(X(tick), top + Height + 16, Power(tick), "middle", 11);
        }

        foreach (var tick in y.Ticks)
        {
            figure.Line(left, Y(tick), left + Width, Y(tick), "#ddd");
            figure.Text(left - 6, Y(tick) + 4, Power(tick), "end", 11);
        }

        if (isLast)
        {
            figure.Text(left + (Width / 2.0), top + Height + 34, "parameters", "middle", 11);
        }

        for (var method = 0; method < Methods.Length; method++)
        {
            var own = rows.Where(row => row.Method == Methods[method]).OrderBy(row => row.Parameters).ToList();
            figure.Path([.. own.Select(row => (X(row.Parameters!.Value), Y(value(row))))], SvgDrawing.Colour(method), "stroke-width=\"2\"");
            own.ForEach(row => figure.Dot(X(row.Parameters!.Value), Y(value(row)), 3.5, SvgDrawing.Colour(method)));
        }
    }

    private static string Power(double value) => value switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0} G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0} M"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0} k"),
        _ => value.ToString("G3", CultureInfo.InvariantCulture),
    };

    // A logarithmic axis between whole powers of ten.
    private sealed record Axis(int Low, int High)
    {
        public IEnumerable<double> Ticks => Enumerable.Range(Low, High - Low + 1).Select(power => Math.Pow(10, power));

        public static Axis Of(IEnumerable<double> values)
        {
            var logarithms = values.Select(value => Math.Log10(Math.Max(value, 1e-3))).ToList();
            var low = (int)Math.Floor(logarithms.Min() + 1e-9);
            return new(low, Math.Max(low + 1, (int)Math.Ceiling(logarithms.Max() - 1e-9)));
        }

        public double Share(double value) => (Math.Log10(Math.Max(value, 1e-3)) - Low) / (High - Low);
    }
}
