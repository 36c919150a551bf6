namespace Bif.Engine.Runs;

/// <summary>The pipeline from a spec to a run directory.</summary>
public static class AttributionRun
{
    /// <summary>
    /// Runs, or resumes, the attribution in <paramref name="directory"/>: loads, samples, writes traces, estimates.
    /// </summary>
    /// <param name="spec">What to do.</param>
    /// <param name="directory">The run directory; created if missing.</param>
    /// <param name="resume">Continue a run that lies there; without it an unfinished run there is an error.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">Finishes the current block of draws, then returns with Completed = false.</param>
    /// <exception cref="InputException">Bad input; nothing half-written is left.</exception>
    public static RunResult Execute(
        RunSpec spec, string directory, bool resume, IProgress<RunProgress>? progress, CancellationToken cancellation)
        => throw new NotSupportedException();
}
