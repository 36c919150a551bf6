using System.Globalization;
using Bif.Engine.Figures;

namespace Bif.Engine.Evaluation;

/// <summary>A sweep as one SVG: a cell per damping and temperature, its number the agreement with the calibrated run, its bar the reliability; the steps, or the chains, beside it.</summary>
public static class SweepFigure
{
    private const int Cell = 108;
    private const int Left = 96;
    private const int Top = 64;

    /// <summary>Draws the figure.</summary>
    public static string Draw(IReadOnlyList<SweepResult> results)
    {
        double[] dampings = [.. results.Where(each => each.Point.IsTarget).Select(each => each.Point.Damping).Distinct().Order()];
        double[] temperatures = [.. results.Where(each => each.Point.IsTarget).Select(each => each.Point.Temperature).Distinct().OrderDescending()];
        var steps = results.Where(each => !each.Point.IsTarget).ToList();
        var (width, height) = (Left + (Cell * (dampings.Length + (steps.Count > 0 ? 2 : 0))) + 24, Top + (Cell * Math.Max(temperatures.Length, steps.Count)) + 72);
        var figure = new SvgDrawing(width, height);
        figure.Text(Left, 24, "Agreement with the calibrated run (noise taken out); the bar is the split-half reliability", size: 14);
        foreach (var result in results.Where(each => each.Point.IsTarget))
        {
            Draw(figure, Left + (Cell * Array.IndexOf(dampings, result.Point.Damping)), Top + (Cell * Array.IndexOf(temperatures, result.Point.Temperature)), result);
        }

        for (var column = 0; column < dampings.Length; column++)
        {
            figure.Text(Left + (Cell * column) + (Cell / 2), Top + (Cell * temperatures.Length) + 20, Invariant($"×{dampings[column]:G3}"), "middle", 12);
        }

        figure.Text(Left + (Cell * dampings.Length / 2), Top + (Cell * temperatures.Length) + 42, "damping γ/nβ", "middle", 13);
        for (var row = 0; row < temperatures.Length; row++)
        {
            figure.Text(Left - 10, Top + (Cell * row) + (Cell / 2), Invariant($"×{temperatures[row]:G3}"), "end", 12);
        }

        figure.Text(10, Top - 12, "temperature", "start", 13);
        for (var row = 0; row < steps.Count; row++)
        {
            var x = Left + (Cell * (dampings.Length + 1));
            Draw(figure, x, Top + (Cell * row), steps[row]);
            figure.Text(x - 10, Top + (Cell * row) + (Cell / 2), steps[row].Point.Chains ? "chains" : Invariant($"step ×{steps[row].Point.Step:G3}"), "end", 12);
        }

        return figure.ToString();
    }

    // Light where scores are others than the calibrated run's, dark blue where they are the same.
    private static void Draw(SvgDrawing figure, int x, int y, SweepResult result)
    {
        var agreement = Math.Clamp(result.AgreementCorrected ?? 0, 0, 1);
        int Shade(int low, int high) => (int)Math.Round(low + ((high - low) * agreement));
        var usable = result.Verdict == "good";
        figure.Rectangle(
            x + 3, y + 3, Cell - 6, Cell - 6, $"rgb({Shade(247, 33)},{Shade(247, 102)},{Shade(247, 172)})", usable ? "#222" : "#bbb",
            $"rx=\"4\" stroke-dasharray=\"{(usable ? "none" : "4 3")}\"");
        var ink = agreement > 0.55 ? "#fff" : "#222";
        figure.Text(x + (Cell / 2), y + 42, result.AgreementCorrected is { } value ? Invariant($"{value:F2}") : "–", "middle", 20, ink);
        figure.Text(x + (Cell / 2), y + 62, result.Verdict.Replace('-', ' '), "middle", 11, ink);
        figure.Rectangle(x + 14, y + Cell - 26, Cell - 28, 6, "none", ink);
        figure.Rectangle(x + 14, y + Cell - 26, (Cell - 28) * Math.Clamp(result.Reliability ?? 0, 0, 1), 6, ink, "none");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
