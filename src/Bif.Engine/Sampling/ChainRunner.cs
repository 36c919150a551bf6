using System.Diagnostics;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Traces;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Runs one chain from its last complete block to its end. What it guarantees: (1) the losses of a block of draws reach
/// the disk whole before (2) the chain's state after that block replaces the older one, so that a process killed at any
/// moment continues from a complete block; (3) a continued chain gives the same draws as an uninterrupted one.
/// </summary>
public sealed class ChainRunner
{
    private readonly Model _model;
    private readonly DataFeed _train;
    private readonly DataFeed _queries;
    private readonly TraceStore _store;
    private readonly SamplerSettings _settings;
    private readonly ExecutionPlan _plan;
    private readonly ParameterSelection _selection;
    private readonly Tensor _center;
    private readonly Tensor? _offset;
    private readonly string _stateDirectory;
    private readonly double _explosion;

    /// <summary>Prepares chains of one run; the tensors and feeds stay the caller's.</summary>
    /// <param name="model">The checkpoint.</param>
    /// <param name="train">Training items.</param>
    /// <param name="queries">Query items.</param>
    /// <param name="store">Where losses are written.</param>
    /// <param name="settings">The sampler's numbers.</param>
    /// <param name="plan">The layout of the work.</param>
    /// <param name="selection">The sampled parameters.</param>
    /// <param name="center">w* of the sampled parameters.</param>
    /// <param name="offset">∇L(w*) for the centred force, or null.</param>
    /// <param name="stateDirectory">Where chain states are kept.</param>
    /// <param name="explosion">A mean loss (nats) above which a chain counts as diverged.</param>
    public ChainRunner(
        Model model,
        DataFeed train,
        DataFeed queries,
        TraceStore store,
        SamplerSettings settings,
        ExecutionPlan plan,
        ParameterSelection selection,
        Tensor center,
        Tensor? offset,
        string stateDirectory,
        double explosion)
    {
        _model = model;
        _train = train;
        _queries = queries;
        _store = store;
        _settings = settings;
        _plan = plan;
        _selection = selection;
        _center = center;
        _offset = offset;
        _stateDirectory = stateDirectory;
        _explosion = explosion;
    }

    /// <summary>Runs chain <paramref name="chain"/> on the calling thread.</summary>
    /// <param name="chain">Index of the chain.</param>
    /// <param name="report">Receives draws recorded so far, the mean training loss and draws per second.</param>
    /// <param name="cancellation">Ends the chain after the block it is in.</param>
    public ChainOutcome Run(int chain, Action<int, double, double> report, CancellationToken cancellation)
    {
        var sampler = SamplerCatalog.Create(_settings);
        using var state = new ChainState(chain, _settings.Seed, _center, sampler);
        var saved = new ChainStateFile(_stateDirectory, chain);
        var block = saved.Restore(state);
        if (block > _store.CompleteBlocks(chain))
        {
            throw new InputException(
                $"The traces of chain {chain} end before its saved state: delete {saved.Path} to run the chain anew.");
        }

        using var weights = _model.Bind(_selection, state.Position, state.Gradient);
        var force = new LossGradient(_model, weights, _train, _settings.Batch, _plan.GradientPiece) { Offset = _offset };
        var clock = Stopwatch.StartNew();
        var loss = double.NaN;
        var burnIn = new float[_settings.BurnIn];
        while (state.Step < _settings.BurnIn)
        {
            loss = sampler.Step(state, force);
            burnIn[state.Step] = (float)loss;
            state.Step++;
            if (HasExploded(loss))
            {
                return new(chain, ChainEnd.Diverged, state.Step, loss);
            }

            if (state.Step == _settings.BurnIn)
            {
                _store.WriteBurnIn(chain, burnIn);
            }
        }

        var firstDraw = block * _plan.DrawsPerBlock;
        for (var draw = firstDraw; draw < _settings.Draws; block++)
        {
            if (cancellation.IsCancellationRequested)
            {
                return new(chain, ChainEnd.Interrupted, state.Step, loss);
            }

            var draws = Math.Min(_plan.DrawsPerBlock, _settings.Draws - draw);
            var train = new float[draws * _train.Count];
            var query = new float[draws * _queries.Count];
            var sampling = new float[draws * _settings.Thin];
            for (var row = 0; row < draws; row++, draw++)
            {
                for (var step = 0; step < _settings.Thin; step++)
                {
                    loss = sampler.Step(state, force);
                    state.Step++;
                    sampling[(row * _settings.Thin) + step] = (float)loss;
                    if (HasExploded(loss))
                    {
                        return new(chain, ChainEnd.Diverged, state.Step, loss);
                    }
                }

                var losses = train.AsSpan(row * _train.Count, _train.Count);
                LossEvaluator.Evaluate(_model, weights, _train, _plan.EvaluationBatch, losses);
                LossEvaluator.Evaluate(
                    _model, weights, _queries, _plan.EvaluationBatch, query.AsSpan(row * _queries.Count, _queries.Count));
                loss = Mean(losses);
                if (HasExploded(loss))
                {
                    return new(chain, ChainEnd.Diverged, state.Step, loss);
                }

                report(draw + 1, loss, (draw + 1 - firstDraw) / clock.Elapsed.TotalSeconds);
            }

            _store.WriteBlock(chain, block, train, query, sampling);
            saved.Save(state, block + 1);
        }

        return new(chain, ChainEnd.Completed, state.Step, loss);
    }

    private bool HasExploded(double loss) => !double.IsFinite(loss) || loss > _explosion;

    private static double Mean(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }
}
