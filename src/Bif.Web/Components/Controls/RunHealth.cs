using System.Text.Json;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Web.Components.Controls;

/// <summary>A run's diagnostics as lines for people.</summary>
internal static class RunHealth
{
    /// <summary>Name, value and meaning of each; empty until the run is finished.</summary>
    public static IReadOnlyList<(string Name, string Value, string Meaning)> Of(RunRecord record)
    {
        if (record.Diagnostics is not { } element || element.Deserialize<Diagnostics>(RunRecord.Json) is not { } health)
        {
            return [];
        }

        return
        [
            ("split R̂, mean loss", Known(health.RhatMeanLoss, "F2"), $"above {Verdict.RhatLimit} the chains disagree"),
            ("drift", Known(health.Drift, "F2"), "correlation of the mean loss with time"),
            ("effective draws", $"{Known(health.EssProducts, "N0")} of {health.Draws:N0}", $"independent draws that the covariances are worth{(health.EssProducts > health.Draws ? ", more than were drawn: the noise that gradients explain is taken out" : "")}"),
            ("reliability", Known(health.Reliability, "F2"), "agreement of two halves of the run on sums over subsets, 0 to 1"),
            ("LDS after noise", $"× {Known(health.LdsNoiseFactor, "F2")}", "factor by which Monte Carlo noise lowers a linear datamodelling score: √reliability"),
            ("noise floor", Known(health.NoiseFloor, "F3"), "correlation that chance reaches in the best item"),
            ("queries above it", Known(health.QueriesAboveFloor, "P0"), "share with a best item above the floor"),
            ("common mode", Known(health.CommonModeFraction, "P1"), "share of the variance in which all items move as one"),
            .. record.Outlook is { IsReached: false, DrawsPerChain: { } draws } outlook
                ? new[] { ("draws still needed", $"{draws - record.Settings.Draws:N0} per chain", $"for reliability {outlook.Wanted:F1}{(outlook.Seconds is { } seconds ? $", {Wording.About(seconds)}" : "")}") }
                : [],
        ];
    }
    private static string Known(double value, string format) => double.IsFinite(value) ? value.ToString(format) : "not known";
}
