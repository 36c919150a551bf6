using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>What a person reads when a run ends: verdict, cost, where things are, what to do next.</summary>
internal static class RunReport
{
    /// <summary>A run's reliability, and what more would take, in words.</summary>
    public static string Describe(Outlook outlook) => outlook switch
    {
        { IsReached: true } => $"Reliability of subset sums {outlook.Reliability:F2}, above {outlook.Wanted:F2}.",
        { DrawsPerChain: { } draws, TraceBytes: { } bytes } =>
            $"Reliability of subset sums {outlook.Reliability:F2}. {outlook.Wanted:F2} would take about {draws:N0} draws per chain"
            + (outlook.Seconds is { } seconds ? $", {Quantity.Duration(seconds)} more" : "")
            + $" and {Quantity.Bytes(bytes)} of traces (--resume --draws {draws}).",
        _ => "Reliability of subset sums cannot be told yet: the two halves of the run share too little signal.",
    };

    /// <summary>Says that nothing was drawn, and how to start again.</summary>
    public static void WriteStopped(string line, Output output)
    {
        output.Messages.WriteLine("Interrupted before anything was drawn. To start again:");
        output.Messages.WriteLine($"  {line}");
    }

    /// <summary>Writes the report on stdout; for an interrupted run, how to go on.</summary>
    public static void Write(RunResult result, string resumeLine, Output output)
    {
        var to = output.Results;
        if (!result.Completed)
        {
            output.Messages.WriteLine($"Interrupted; every finished block is kept in {result.Directory}. To go on:");
            output.Messages.WriteLine($"  {resumeLine}");
            return;
        }

        var run = ShellLine.Quote(result.Directory);
        to.WriteLine($"Verdict: {result.Verdict}. {result.Reason}");
        to.WriteLine($"Time {Quantity.Duration(result.ElapsedSeconds)}, {Quantity.Significant(result.DrawsPerSecond)} draws/s, peak memory {Quantity.Bytes(result.PeakBytes)}.");
        if (result.EffectiveDraws is { } effective)
        {
            to.WriteLine($"Scores are worth {effective:N0} independent draws{(result.IsControlled ? " without a control variate" : "")}"
                + (result.NoiseConstant is { } constant ? $"; half of a subset sum's variance would be noise at {constant:N0} of {(result.IsControlled ? "this run's draws" : "these")} (T0)." : "."));
        }

        if (result.Outlook is { } outlook)
        {
            to.WriteLine(Describe(outlook));
        }

        to.WriteLine($"In {result.Directory}: run.json (spec, diagnostics), traces.zarr (losses), scores (bif.npy, correlation.npy, correlation_se.npy).");
        to.WriteLine("Next:");
        to.WriteLine($"  {ShellLine.Program} top {run} --query 0");
        to.WriteLine($"  {ShellLine.Program} export {run} --format csv --out {run}/export");
    }
}
