using System.Runtime.InteropServices;
using Bif.Engine.Arrays;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.FirstOrder;

/// <summary>
/// Measures g_qᵀ·Σ·g_t of query tokens with all traced tokens, Σ the Gaussian that the run's draws come from, without forming
/// the gradient of any training token: s = Σ·g_q is what the weights do on average where q's loss is one unit higher, and the
/// losses at w* ± s/σ, one deviation σ = √(g_qᵀs) of q's loss to either side, differ by 2·Cov/σ to first order. The central
/// difference is free of the losses' second order. Cost: a backward pass of one text and two passes over the traced texts.
/// </summary>
/// <param name="model">The checkpoint.</param>
/// <param name="selection">The sampled parameters.</param>
/// <param name="center">w* [P].</param>
/// <param name="preconditioner">The Gaussian behind the draws.</param>
/// <param name="gamma">γ.</param>
/// <param name="train">The training texts whose tokens are traced.</param>
/// <param name="queries">The queries.</param>
/// <param name="plan">Texts per pass, and how many tokens at a time, as chains.</param>
internal sealed class ResponsePass(
    Model model, ParameterSelection selection, Tensor center, Preconditioner preconditioner, double gamma, DataFeed train, DataFeed queries, ExecutionPlan plan)
{
    private readonly Lock _gate = new();

    /// <summary>Measures those of some query tokens that are not there yet.</summary>
    /// <param name="files">Where they go.</param>
    /// <param name="tokens">Query tokens by their number among all queries' tokens.</param>
    /// <param name="progress">Receives how many are done.</param>
    /// <param name="goesOn">Asked after each, with how many are done; false ends early, and the rest is left for another call.</param>
    public void Measure(ResponseFiles files, IReadOnlyList<int> tokens, Action<int>? progress, Func<int, bool> goesOn)
    {
        Directory.CreateDirectory(files.Root);
        if (!File.Exists(files.Common))
        {
            using var scope = NewDisposeScope();
            // Of the sum of all traced tokens' losses.
            Write(files.Common, LossGradient.AtCheckpoint(model, selection, center, train, plan.GradientPiece).mul_(train.Count), null);
        }

        var (missing, done) = (tokens.Where(token => !files.Has(token)).ToList(), tokens.Count(files.Has));
        using var stop = new CancellationTokenSource();
        PlannedThreads.Run(
            missing.Count,
            plan,
            center.device,
            index =>
            {
                using (NewDisposeScope())
                {
                    var query = Array.FindLastIndex(queries.TokenOffsets, offset => offset <= missing[index]);
                    Write(files.Of(missing[index]), TokenGradient(query, missing[index] - queries.TokenOffsets[query]), query);
                }

                lock (_gate)
                {
                    progress?.Invoke(++done);
                    if (!stop.IsCancellationRequested && !goesOn(done))
                    {
                        stop.Cancel();
                    }
                }
            },
            stop);
    }

    // The response of a direction's losses, with the query's own tokens behind them or the direction's own variance.
    private void Write(string path, Tensor gradient, int? query)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var direction = preconditioner.Covariance(gradient.unsqueeze(0), gamma).select(0, 0);
        var variance = Math.Max(0, direction.dot(gradient).item<float>());
        var deviation = Math.Sqrt(variance);
        var values = new float[train.TokenOffsets[^1] + (query is null ? 1 : Own(query))];
        if (deviation > 0)
        {
            var (up, down) = (Losses(direction, 1 / deviation, query), Losses(direction, -1 / deviation, query));
            for (var index = 0; index < up.Length; index++)
            {
                values[index] = (float)(deviation * (up[index] - (double)down[index]) / 2);
            }
        }

        if (query is null)
        {
            values[^1] = (float)variance;
        }

        NpyFile.Write<float>(path, [values.Length], values);
    }

    // Losses of the traced tokens, then of a query's own, at a place on the line.
    private float[] Losses(Tensor direction, double along, int? query)
    {
        using var scope = NewDisposeScope();
        using var weights = model.Bind(selection, center.add(direction, along), null);
        var traced = train.TokenOffsets[^1];
        var losses = new float[traced + Own(query)];
        LossEvaluator.EvaluateTokens(model, weights, train, plan.EvaluationBatch, losses.AsMemory(0, traced));
        if (query is { } asked)
        {
            using var inference = inference_mode();
            MemoryMarshal.Cast<byte, float>(model.TokenLosses(weights, queries.Gather([asked])).cpu().bytes)[..Own(query)].CopyTo(losses.AsSpan(traced));
        }

        return losses;
    }

    private int Own(int? query) => query is { } index ? queries.TokenOffsets[index + 1] - queries.TokenOffsets[index] : 0;

    private Tensor TokenGradient(int query, int token)
    {
        var (position, gradient) = (center.clone(), zeros_like(center));
        using var weights = model.Bind(selection, position, gradient);
        model.TokenLosses(weights, queries.Gather([query])).select(0, 0).select(0, token).backward();
        return gradient;
    }
}
