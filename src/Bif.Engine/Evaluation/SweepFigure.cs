using System.Globalization;
using System.Text;

namespace Bif.Engine.Evaluation;

/// <summary>A sweep as one SVG: a cell per damping and temperature, its number the agreement with the calibrated run, its bar the reliability; the steps beside it.</summary>
public static class SweepFigure
{
    private const int Cell = 108;
    private const int Left = 96;
    private const int Top = 64;

    /// <summary>Draws the figure.</summary>
    public static string Draw(IReadOnlyList<SweepResult> results)
    {
        double[] dampings = [.. results.Where(each => each.Point.Step == 1).Select(each => each.Point.Damping).Distinct().Order()];
        double[] temperatures = [.. results.Where(each => each.Point.Step == 1).Select(each => each.Point.Temperature).Distinct().OrderDescending()];
        var steps = results.Where(each => each.Point.Step != 1).ToList();
        var (width, height) = (Left + (Cell * (dampings.Length + (steps.Count > 0 ? 2 : 0))) + 24, Top + (Cell * Math.Max(temperatures.Length, steps.Count)) + 72);
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">");
        svg.AppendLine($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
        Text(svg, Left, 24, "Agreement with the calibrated run (noise taken out); the bar is the split-half reliability", 14, "start");
        foreach (var result in results.Where(each => each.Point.Step == 1))
        {
            Draw(svg, Left + (Cell * Array.IndexOf(dampings, result.Point.Damping)), Top + (Cell * Array.IndexOf(temperatures, result.Point.Temperature)), result);
        }

        for (var column = 0; column < dampings.Length; column++)
        {
            Text(svg, Left + (Cell * column) + (Cell / 2), Top + (Cell * temperatures.Length) + 20, Invariant($"×{dampings[column]:G3}"), 12, "middle");
        }

        Text(svg, Left + (Cell * dampings.Length / 2), Top + (Cell * temperatures.Length) + 42, "damping γ/nβ", 13, "middle");
        for (var row = 0; row < temperatures.Length; row++)
        {
            Text(svg, Left - 10, Top + (Cell * row) + (Cell / 2), Invariant($"×{temperatures[row]:G3}"), 12, "end");
        }

        Text(svg, 10, Top - 12, "temperature", 13, "start");
        for (var row = 0; row < steps.Count; row++)
        {
            var x = Left + (Cell * (dampings.Length + 1));
            Draw(svg, x, Top + (Cell * row), steps[row]);
            Text(svg, x - 10, Top + (Cell * row) + (Cell / 2), Invariant($"step ×{steps[row].Point.Step:G3}"), 12, "end");
        }

        return svg.Append("</svg>\n").ToString();
    }

    // Light where scores are others than the calibrated run's, dark blue where they are the same.
    private static void Draw(StringBuilder svg, int x, int y, SweepResult result)
    {
        var agreement = Math.Clamp(result.AgreementCorrected ?? 0, 0, 1);
        int Shade(int low, int high) => (int)Math.Round(low + ((high - low) * agreement));
        var usable = result.Verdict == "good";
        svg.AppendLine($"<rect x=\"{x + 3}\" y=\"{y + 3}\" width=\"{Cell - 6}\" height=\"{Cell - 6}\" rx=\"4\" fill=\"rgb({Shade(247, 33)},{Shade(247, 102)},{Shade(247, 172)})\" stroke=\"{(usable ? "#222" : "#bbb")}\" stroke-dasharray=\"{(usable ? "none" : "4 3")}\"/>");
        var ink = agreement > 0.55 ? "#fff" : "#222";
        Text(svg, x + (Cell / 2), y + 42, result.AgreementCorrected is { } value ? Invariant($"{value:F2}") : "–", 20, "middle", ink);
        Text(svg, x + (Cell / 2), y + 62, result.Verdict.Replace('-', ' '), 11, "middle", ink);
        svg.AppendLine($"<rect x=\"{x + 14}\" y=\"{y + Cell - 26}\" width=\"{Cell - 28}\" height=\"6\" fill=\"none\" stroke=\"{ink}\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{x + 14}\" y=\"{y + Cell - 26}\" width=\"{(Cell - 28) * Math.Clamp(result.Reliability ?? 0, 0, 1):F1}\" height=\"6\" fill=\"{ink}\"/>");
    }

    private static void Text(StringBuilder svg, int x, int y, string text, int size, string anchor, string fill = "#222")
        => svg.AppendLine($"<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
