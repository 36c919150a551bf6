using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Traces;

namespace Bif.Engine.Sampling;

/// <summary>Where the losses of single tokens go.</summary>
/// <param name="Store">A store whose items are tokens.</param>
/// <param name="Train">The training texts whose tokens are traced; null where they were before and only the queries' are recorded.</param>
public sealed record TokenTarget(TraceStore Store, DataFeed? Train);

/// <summary>Collects the losses of single tokens beside those of items, for one chain.</summary>
/// <param name="model">A language model.</param>
/// <param name="train">All training texts.</param>
/// <param name="queries">Query texts.</param>
/// <param name="target">Which tokens, and where they go.</param>
/// <param name="evaluationBatch">Items per forward pass.</param>
/// <param name="refused">Is told why passes over items are not repeated from a recording; null for nobody.</param>
internal sealed class TokenRecorder(
    Model model, DataFeed train, DataFeed queries, TokenTarget target, int evaluationBatch, Action<string>? refused) : IDisposable
{
    private readonly RepeatedPass _trainPass = target.Train is null ? RepeatedPass.Once : RepeatedPass.Over(model, target.Train, refused);
    private readonly RepeatedPass _queryPass = RepeatedPass.Over(model, queries, refused);
    private readonly TraceStore _store = target.Store;
    private readonly int _trainTokens = target.Store.Shape.TrainItems;
    private readonly int _queryTokens = target.Store.Shape.QueryItems;
    private readonly TwoBlocks<Losses> _blocks = new(() => new(
        new float[target.Train is null ? 0 : checked(target.Store.Shape.DrawsPerBlock * target.Store.Shape.TrainItems)],
        new float[checked(target.Store.Shape.DrawsPerBlock * target.Store.Shape.QueryItems)],
        new float[target.Store.Shape.DrawsPerBlock]));
    private readonly float[] _items = new float[target.Train?.Count ?? 0];

    /// <summary>Whether the tokens of all training items are traced, which gives the items' losses too.</summary>
    public bool CoversItems => ReferenceEquals(train, target.Train);

    /// <summary>Reads back the draws of a partly filled block.</summary>
    public void ReadBack(int chain, int firstDraw, int draws)
    {
        if (target.Train is not null)
        {
            _store.ReadTrain(chain, firstDraw, draws, 0, _trainTokens, _blocks.Current.Train.AsSpan(0, draws * _trainTokens));
        }

        _store.ReadQuery(chain, firstDraw, draws, 0, _queryTokens, _blocks.Current.Queries.AsSpan(0, draws * _queryTokens));
        _store.ReadSampling(chain, firstDraw / _store.Shape.DrawsPerBlock).AsSpan(0, draws).CopyTo(_blocks.Current.Means);
    }

    /// <summary>
    /// Evaluates the tokens as row <paramref name="row"/> of the block, the queries' losses, and, where tokens cover them, the
    /// items': an item's loss is then the sum of its tokens' as they are written.
    /// </summary>
    public void Record(Weights weights, int row, Memory<float> trainLosses, Memory<float> queryLosses, PendingLosses pending)
    {
        var asked = _blocks.Current.Queries.AsMemory(row * _queryTokens, _queryTokens);
        LossEvaluator.EvaluateTokens(model, weights, queries, evaluationBatch, asked, pending, _queryPass);
        pending.Then(() =>
        {
            _store.RoundAsWritten(queries: true, asked.Span);
            LossEvaluator.SumTokens(queries, asked.Span, queryLosses.Span);
        });
        if (target.Train is not { } traced)
        {
            return;
        }

        var tokens = _blocks.Current.Train.AsMemory(row * _trainTokens, _trainTokens);
        LossEvaluator.EvaluateTokens(model, weights, traced, evaluationBatch, tokens, pending, _trainPass);
        pending.Then(() =>
        {
            var items = CoversItems ? trainLosses.Span : _items;
            _store.RoundAsWritten(queries: false, tokens.Span);
            LossEvaluator.SumTokens(traced, tokens.Span, items);
            var sum = 0.0;
            foreach (var loss in items)
            {
                sum += loss;
            }

            _blocks.Current.Means[row] = (float)(sum / _trainTokens);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainPass.Dispose();
        _queryPass.Dispose();
    }

    /// <summary>Ends the block: what writes it, to be done before the next but one ends.</summary>
    public Action TakeBlock(int chain, int block, int rows)
    {
        var full = _blocks.Turn();
        return () =>
        {
            var queryLosses = full.Queries.AsSpan(0, rows * _queryTokens);
            if (target.Train is null)
            {
                _store.WriteQueryBlock(chain, block, queryLosses);
            }
            else
            {
                _store.WriteBlock(chain, block, full.Train.AsSpan(0, rows * _trainTokens), queryLosses, full.Means.AsSpan(0, rows));
            }
        };
    }

    // Of a block's draws, row by row: all tokens of items and of queries, and the mean of the items'.
    private sealed record Losses(float[] Train, float[] Queries, float[] Means);
}
