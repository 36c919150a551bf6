using System.Diagnostics;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling.Kept;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Runs one chain from its last complete block to its end; a block is written while the next is computed. What it guarantees: (1) the losses of a block of draws reach
/// the disk whole before (2) the chain's state after that block replaces the older one, so that a process killed at any
/// moment continues from a complete block; (3) a continued chain gives the same draws as an uninterrupted one.
/// </summary>
public sealed class ChainRunner
{
    // States up to here are copied, so that the chain need not wait for the disk; of larger ones there is no room for a second.
    private const long CopiedBytes = 64L << 20;
    private readonly Model _model;
    private readonly DataFeed _train;
    private readonly DataFeed _queries;
    private readonly TraceStore _store;
    private readonly SamplerSettings _settings;
    private readonly ExecutionPlan _plan;
    private readonly Preconditioner _preconditioner;
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
    /// <param name="preconditioner">The coordinates in which chains move.</param>
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
        Preconditioner preconditioner,
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
        _preconditioner = preconditioner;
        _plan = plan;
        _selection = selection;
        _center = center;
        _offset = offset;
        _stateDirectory = stateDirectory;
        _explosion = explosion;
    }

    /// <summary>Whether the training losses are recorded already and only the queries' are wanted: a replay.</summary>
    public bool QueriesOnly { get; init; }

    /// <summary>In what matrix products are computed.</summary>
    public ScalarType Precision { get; init; } = ScalarType.Float32;

    /// <summary>Where draws are kept as weights; null for nowhere.</summary>
    internal KeptDrawFiles? Kept { get; init; }

    /// <summary>Where the losses of single tokens are written too, in blocks of the same draws; null for items only.</summary>
    public TokenTarget? Tokens { get; init; }

    /// <summary>Is told what a person should know; null for nobody.</summary>
    public Action<string>? Remark { get; init; }

    /// <summary>
    /// Runs chain <paramref name="chain"/> on the calling thread. Draw t (from 0) is the position after burn-in + (t + 1)·thin
    /// moves; where the step's gradient is a full-batch one its losses are the draw's, at no further cost.
    /// </summary>
    /// <param name="chain">Index of the chain.</param>
    /// <param name="report">Receives draws recorded so far, the mean training loss and draws per second without the burn-in.</param>
    /// <param name="cancellation">Ends the chain after the block it is in.</param>
    public ChainOutcome Run(int chain, Action<int, double, double> report, CancellationToken cancellation)
    {
        var sampler = SamplerCatalog.Create(_settings, _preconditioner);
        using var state = new ChainState(chain, _settings.Seed, _center, sampler);
        var saved = new ChainStateFile(_stateDirectory, chain);
        saved.Restore(state);

        // A state is saved after the move that follows a draw.
        var firstDraw = state.Step == 0 ? 0 : (int)((state.Step - 1 - _settings.BurnIn) / _settings.Thin);
        if (firstDraw / _plan.DrawsPerBlock > _store.CompleteBlocks(chain))
        {
            throw new InputException(
                $"The traces of chain {chain} end before its saved state: delete {saved.Path} to run the chain anew.");
        }

        using var weights = _model.Bind(_selection, state.Position, sampler.UsesGradient ? state.Gradient : null, Precision);
        using var pass = new RepeatedPass(_center.device, LossGradient.Repeats(_model, _train, _settings.Batch), state.Gradient, Remark);
        using var force = new LossGradient(_model, weights, _train, _settings.Batch, _plan.GradientPiece) { Offset = _offset, Pass = pass };
        using var recorder = new DrawRecorder(_model, _train, _queries, _store, _settings, _plan, chain, firstDraw, QueriesOnly,
            Tokens is null ? null : new TokenRecorder(_model, _train, _queries, Tokens, _plan.EvaluationBatch, Remark), Remark);
        using var keeper = Kept is null ? null : new KeptDrawWriter(Kept, chain, _settings.Draws, _center);
        using var writer = new BlockWriter();
        var isCopied = (state.Vectors.Count + 1) * _center.numel() * sizeof(float) <= CopiedBytes;
        recorder.ReadBack();
        var clock = Stopwatch.StartNew();
        var last = double.NaN;
        ChainOutcome? diverged = null;
        void Watch(long step, double loss)
        {
            last = loss;
            diverged ??= HasExploded(loss) ? new ChainOutcome(chain, ChainEnd.Diverged, step, loss) : null;
        }

        while (!recorder.IsComplete)
        {
            var step = new StepPlace(state.Step, _settings);
            var ready = sampler.UsesGradient && force.IsFullBatch;
            var observe = recorder.Observer(step);
            if (sampler.UsesGradient)
            {
                force.AddTo(state, ready ? recorder.TrainLosses : default, recorder.Pending, loss =>
                {
                    Watch(step.Moves, loss);
                    observe(loss);
                });
            }
            else
            {
                observe(double.NaN);
            }

            if (step.IsDraw && diverged is null)
            {
                keeper?.Offer(recorder.Draws, state.Position);
                recorder.Record(weights, ready, loss =>
                {
                    // Where only the queries' losses are seen they say nothing about the chain.
                    if (QueriesOnly)
                    {
                        last = loss;
                    }
                    else
                    {
                        Watch(step.Moves, loss);
                    }
                });
                if (recorder.IsBlockComplete)
                {
                    recorder.Pending.Flush();
                }
            }

            if (diverged is not null)
            {
                writer.Wait();
                return diverged;
            }

            if (step.IsDraw)
            {
                report(recorder.Draws, last, (recorder.Draws - recorder.FirstDraw) / clock.Elapsed.TotalSeconds);
            }

            sampler.Move(state);
            state.Step++;
            if (step.IsLastOfBurnIn)
            {
                clock.Restart();
            }

            if (step.IsDraw && recorder.IsBlockComplete)
            {
                var (weightsOf, losses, blocks) = (keeper?.TakeBlock(), recorder.TakeBlock(), recorder.Block);
                var snapshot = isCopied ? ChainStateFile.Copy(state) : null;
                writer.Begin(() =>
                {
                    using (snapshot)
                    {
                        weightsOf?.Invoke();
                        losses();
                        if (snapshot is not null)
                        {
                            saved.Save(snapshot, blocks);
                        }
                    }
                });
                if (snapshot is null)
                {
                    writer.Wait();
                    saved.Save(state, blocks);
                }

                if (cancellation.IsCancellationRequested && !recorder.IsComplete)
                {
                    writer.Wait();
                    return new(chain, ChainEnd.Interrupted, state.Step, last);
                }
            }
        }

        writer.Wait();
        return new(chain, ChainEnd.Completed, state.Step, last);
    }

    private bool HasExploded(double loss) => !double.IsFinite(loss) || loss > _explosion;
}
