using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Traces;

namespace Bif.Engine.Sampling;

/// <summary>
/// Collects the losses of a chain's draws until a block of them is complete, and writes it. One instance serves one chain
/// and uses the memory of two blocks in turn: one is written while the other is filled.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="train">Training items.</param>
/// <param name="queries">Query items.</param>
/// <param name="store">Where blocks go.</param>
/// <param name="settings">The sampler's numbers.</param>
/// <param name="plan">Items per forward pass, draws per block.</param>
/// <param name="chain">Index of the chain.</param>
/// <param name="firstDraw">Draws of the chain that are on disk already.</param>
/// <param name="queriesOnly">The training losses are there already: only the queries' are recorded.</param>
/// <param name="tokens">Where the losses of single tokens go, or null.</param>
/// <param name="refused">Is told why passes over items are not repeated from a recording; null for nobody.</param>
internal sealed class DrawRecorder(
    Model model,
    DataFeed train,
    DataFeed queries,
    TraceStore store,
    SamplerSettings settings,
    ExecutionPlan plan,
    int chain,
    int firstDraw,
    bool queriesOnly,
    TokenRecorder? tokens,
    Action<string>? refused) : IDisposable
{
    private readonly RepeatedPass _trainPass = RepeatedPass.Over(model, train, refused);
    private readonly RepeatedPass _queryPass = RepeatedPass.Over(model, queries, refused);
    private readonly TwoBlocks<Losses> _blocks = new(() => new(
        new float[queriesOnly ? 0 : (long)plan.DrawsPerBlock * train.Count],
        new float[(long)plan.DrawsPerBlock * queries.Count],
        new float[(long)plan.DrawsPerBlock * settings.Thin]));
    private readonly float[] _burnIn = new float[settings.BurnIn];

    // Where draws are added to a chain whose last block was a short one, that block is filled up and written again.
    private int _row = firstDraw >= settings.Draws ? 0 : firstDraw % plan.DrawsPerBlock;

    /// <summary>The block being filled.</summary>
    public int Block { get; private set; } = firstDraw >= settings.Draws ? (settings.Draws + plan.DrawsPerBlock - 1) / plan.DrawsPerBlock : firstDraw / plan.DrawsPerBlock;

    /// <summary>Draws that were there at the beginning.</summary>
    public int FirstDraw { get; } = Math.Min(firstDraw, settings.Draws);

    /// <summary>Draws recorded so far, in this process or before.</summary>
    public int Draws => Math.Min(Block * plan.DrawsPerBlock, settings.Draws) + _row;

    /// <summary>Whether the chain has all its draws on disk.</summary>
    public bool IsComplete => Block * plan.DrawsPerBlock >= settings.Draws;

    /// <summary>Whether the block is full and waits to be written.</summary>
    public bool IsBlockComplete => _row > 0 && _row == DrawsInBlock;

    /// <summary>When losses are read from the device: a block's together.</summary>
    public PendingLosses Pending { get; } = new();

    /// <summary>Where the training losses of the next draw go.</summary>
    public Memory<float> TrainLosses => queriesOnly ? default : _blocks.Current.Train.AsMemory(_row * train.Count, train.Count);

    private int DrawsInBlock => Math.Min(plan.DrawsPerBlock, settings.Draws - (Block * plan.DrawsPerBlock));

    /// <summary>Reads back the draws of a partly filled first block.</summary>
    /// <exception cref="InputException">They are not there.</exception>
    public void ReadBack()
    {
        if (_row == 0)
        {
            return;
        }

        var first = Block * plan.DrawsPerBlock;
        if (!queriesOnly)
        {
            store.ReadTrain(chain, first, _row, 0, train.Count, _blocks.Current.Train.AsSpan(0, _row * train.Count));
        }

        store.ReadQuery(chain, first, _row, 0, queries.Count, _blocks.Current.Queries.AsSpan(0, _row * queries.Count));
        tokens?.ReadBack(chain, first, _row);
        store.ReadSampling(chain, Block).AsSpan(0, _row * settings.Thin).CopyTo(_blocks.Current.Sampling);
        if (!queriesOnly && float.IsNaN(_blocks.Current.Train[(_row - 1) * train.Count]))
        {
            throw new InputException($"The traces of chain {chain} end before its saved state: delete the state to run the chain anew.");
        }
    }

    /// <summary>Where the mean loss (nats) that the next step's gradient sees is to be noted; NaN is noted where a step sees none.</summary>
    public Action<double> Observer(StepPlace place)
    {
        var row = _row;
        return loss =>
        {
            if (place.BurnInIndex is { } index)
            {
                _burnIn[index] = (float)loss;
                if (place.IsLastOfBurnIn && !queriesOnly)
                {
                    store.WriteBurnIn(chain, _burnIn);
                }
            }
            else if (place.SamplingIndex is { } within)
            {
                _blocks.Current.Sampling[(row * settings.Thin) + within] = (float)loss;
            }
        };
    }

    /// <summary>Records the losses at the present weights as the next draw.</summary>
    /// <param name="weights">The model's tensors.</param>
    /// <param name="trainIsThere">Whether <see cref="TrainLosses"/> holds them already.</param>
    /// <param name="read">Takes the mean training loss in nats, when it is known; the queries' where only they are recorded.</param>
    public void Record(Weights weights, bool trainIsThere, Action<double> read)
    {
        var trainLosses = TrainLosses;
        var queryLosses = _blocks.Current.Queries.AsMemory(_row * queries.Count, queries.Count);
        if (!trainIsThere && !queriesOnly && tokens is not { CoversItems: true })
        {
            LossEvaluator.Evaluate(model, weights, train, plan.EvaluationBatch, trainLosses, Pending, _trainPass);
        }

        if (tokens is not null)
        {
            tokens.Record(weights, _row, trainLosses, queryLosses, Pending);
        }
        else
        {
            LossEvaluator.Evaluate(model, weights, queries, plan.EvaluationBatch, queryLosses, Pending, _queryPass);
        }

        _row++;
        Pending.Then(() =>
        {
            var losses = (queriesOnly ? queryLosses : trainLosses).Span;
            var sum = 0.0;
            foreach (var loss in losses)
            {
                sum += loss;
            }

            read(sum / losses.Length);
        });
    }

    /// <summary>Ends the full block, whose losses are read, and begins the next: what writes it, to be done before the next but one ends.</summary>
    public Action TakeBlock()
    {
        var (block, rows, full, ofTokens) = (Block, _row, _blocks.Turn(), tokens?.TakeBlock(chain, Block, _row));
        Block++;
        _row = 0;
        return () =>
        {
            // Blocks are counted by the items' traces: their tokens are on disk before them.
            ofTokens?.Invoke();
            var queryLosses = full.Queries.AsSpan(0, rows * queries.Count);
            if (queriesOnly)
            {
                store.WriteQueryBlock(chain, block, queryLosses);
            }
            else
            {
                store.WriteBlock(chain, block, full.Train.AsSpan(0, rows * train.Count), queryLosses, full.Sampling.AsSpan(0, rows * settings.Thin));
            }
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pending.Dispose();
        _trainPass.Dispose();
        _queryPass.Dispose();
        tokens?.Dispose();
    }

    // Of a block's draws, row by row: all items, all queries, and the mean loss at each step.
    private sealed record Losses(float[] Train, float[] Queries, float[] Sampling);
}
