using System.Globalization;
using System.Text;
using Bif.Engine.Retraining;

namespace Bif.Cli.Running;

/// <summary>A measurement of quality as a Markdown table, best first: of several settings of a method the one that the tuning subsets chose.</summary>
internal static class QualityMarkdown
{
    /// <summary>The table, the ceiling as its last row, and what it was measured on.</summary>
    public static string Of(QualityRecord quality)
    {
        var text = new StringBuilder();
        text.AppendLine("| method | LDS (95 % interval) | against bif | seconds | forward, backward passes |");
        text.AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var method in quality.Methods.Where(method => method.Chosen != false).OrderByDescending(method => double.IsNaN(method.Lds) ? double.NegativeInfinity : method.Lds))
        {
            var settings = quality.Methods.Count(each => each.Family == method.Family);
            var ahead = method.AheadOfBif is [var low, _, var high] ? $"{Signed(low)} to {Signed(high)}" : "";
            var seconds = method.Cost.Seconds is { } spent ? Quantity.Significant(spent) : "–";
            text.AppendLine(
                $"| {method.Name}{(settings > 1 ? $" (chosen of {settings})" : "")} | {Number(method.Lds)} ({Number(method.Low)} to {Number(method.High)}) "
                + $"| {ahead} | {seconds} | {Quantity.Passes(method.Cost.ForwardPasses)}, {Quantity.Passes(method.Cost.BackwardPasses)} |");
        }

        text.AppendLine($"| ceiling | {(quality.Ceiling is { } ceiling ? Number(ceiling) : "unknown")} | | | |");
        var (bank, left) = (quality.Bank, quality.Methods.Max(method => method.ConstantPredictions + method.ConstantLosses));
        text.AppendLine().AppendLine(
            $"{quality.Queries} queries; {bank.Subsets - bank.TuningSubsets} of {bank.Subsets} subsets of {bank.Alpha:P0} reported, {bank.Repeats} models each; {bank.Recipe}. "
            + $"{(left == 0 ? "No constant rows." : $"Up to {left} constant rows left out.")} Retraining: {Quantity.Duration(bank.Seconds)} for {bank.Trained} models.");
        foreach (var refusal in quality.Refused)
        {
            text.AppendLine($"Not there: `{refusal.Name}`: {refusal.Reason}");
        }

        return text.ToString();
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Signed(double value) => value.ToString("+0.000;-0.000", CultureInfo.InvariantCulture);
}
