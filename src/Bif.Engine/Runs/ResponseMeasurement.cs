using Bif.Engine.Attribution;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.FirstOrder;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>
/// Measures the first-order responses of a finished run's query tokens, so that their scores have no Monte Carlo noise: two
/// passes over the traced texts per token. What was measured stays with the run.
/// </summary>
public static class ResponseMeasurement
{
    private const double LoadingSeconds = 2;

    /// <summary>Why a run's tokens have no such responses, in a sentence; null where they can be measured.</summary>
    public static string? WhyNot(RunRecord record)
        => !record.Spec.PerToken ? "The tokens of this run were not traced: run attribute with --per-token."
            : record.State != "finished" ? $"This run is {record.State}: finish it first."
            : record.Settings.Sampler != "laplace" ? $"The draws of this run come from {record.Settings.Sampler}, not from a known Gaussian, so that no part of its scores is known without noise: run attribute with --sampler laplace."
            : null;

    /// <summary>About how long it takes: each token two passes over the traced texts, at the speed of the run's draws.</summary>
    /// <param name="record">The run's record.</param>
    /// <param name="tokens">How many tokens.</param>
    public static double Seconds(RunRecord record, int tokens)
        => LoadingSeconds + (record.Timings is { DrawsPerSecond: > 0 } timings ? 2 * Math.Max(tokens, record.Plan.ConcurrentChains) / timings.DrawsPerSecond : 0);

    /// <summary>Measures those tokens that were not measured before.</summary>
    /// <param name="run">The run.</param>
    /// <param name="folder">Where the queries are: the run itself, or queries that were added to it.</param>
    /// <param name="tokens">Query tokens by their number in <paramref name="folder"/>.</param>
    /// <param name="progress">Receives how many of them are done.</param>
    /// <param name="cancellation">Ends after the present token; the same call goes on.</param>
    /// <returns>Whether all are measured.</returns>
    /// <exception cref="InputException">The run allows none, or its checkpoint or texts have changed.</exception>
    public static bool Run(RunDirectory run, RunDirectory folder, IReadOnlyList<int> tokens, Action<int>? progress, CancellationToken cancellation)
    {
        var record = folder.ReadRecord();
        if (WhyNot(record) is { } reason)
        {
            throw new InputException(reason);
        }

        var files = new ResponseFiles(folder.Responses);
        if (tokens.All(files.Has))
        {
            return true;
        }

        var device = AttributionRun.DeviceOf(record.Device);
        set_num_threads(record.Spec.Threads ?? Environment.ProcessorCount);
        using var model = RecordedInputs.Model(run, record, device);
        using var all = RecordedInputs.Train(run, record, model);
        using var picked = record.Spec.TokenItems.Count > 0 ? all.PickTexts(record.Spec.TokenItems) : null;
        using var asked = RecordedInputs.Queries(folder, record, model);
        using var train = new DataFeed(picked ?? all, model.Input, device);
        using var queries = new DataFeed(asked, model.Input, device);
        var selection = Models.ParameterSelection.Matching(model.Layout, [.. record.Spec.Parameters]);
        using var center = AttributionRun.Select(model, selection);
        using var curvature = record.Settings.Preconditioner == "none" ? null : CurvatureEstimate.Load(run.Curvature, device);
        using var preconditioner = curvature?.ToPreconditioner(record.Settings.Nbeta, record.Settings.Gamma) ?? new NoPreconditioner();
        new ResponsePass(model, selection, center, preconditioner, record.Settings.Gamma, train, queries, record.Plan)
            .Measure(files, tokens, progress, _ => !cancellation.IsCancellationRequested);
        return tokens.All(files.Has);
    }

    /// <summary>The tokens of a query, or of a unit of it.</summary>
    /// <param name="folder">The folder that holds the query.</param>
    /// <param name="query">Its index there.</param>
    /// <param name="unit">A unit, or null for all of the query.</param>
    public static IReadOnlyList<int> TokensOf(RunDirectory folder, int query, TokenSpan? unit)
    {
        var (first, count) = unit is { } span ? (span.First, span.Count) : TokenTable.Read(folder.QueryTokens).Of(query);
        return [.. Enumerable.Range(first, count)];
    }
}
