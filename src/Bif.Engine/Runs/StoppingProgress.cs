namespace Bif.Engine.Runs;

/// <summary>
/// Passes reports on, and ends the work that makes them where a stop was asked for. What comes before and after the chains has
/// no blocks and takes no token: it ends at its next report. Chains end by themselves after their block.
/// </summary>
/// <param name="report">Receives the reports.</param>
/// <param name="stop">Asks for the end.</param>
public sealed class StoppingProgress(Action<RunProgress> report, CancellationToken stop) : IProgress<RunProgress>
{
    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">A stop was asked for, and the report is neither a chain's nor the last.</exception>
    public void Report(RunProgress value)
    {
        if (value.Stage is not (RunStage.Sampling or RunStage.Done))
        {
            stop.ThrowIfCancellationRequested();
        }

        report(value);
    }
}
