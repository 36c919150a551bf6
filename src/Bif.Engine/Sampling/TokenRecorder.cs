using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Traces;

namespace Bif.Engine.Sampling;

/// <summary>Collects the losses of single tokens beside those of items, for one chain.</summary>
/// <param name="model">A language model.</param>
/// <param name="train">Training texts.</param>
/// <param name="queries">Query texts.</param>
/// <param name="store">A store whose items are tokens.</param>
/// <param name="evaluationBatch">Items per forward pass.</param>
internal sealed class TokenRecorder(Model model, DataFeed train, DataFeed queries, TraceStore store, int evaluationBatch)
{
    private readonly int _trainTokens = store.Shape.TrainItems;
    private readonly int _queryTokens = store.Shape.QueryItems;
    private readonly float[] _train = new float[checked(store.Shape.DrawsPerBlock * store.Shape.TrainItems)];
    private readonly float[] _queries = new float[checked(store.Shape.DrawsPerBlock * store.Shape.QueryItems)];
    private readonly float[] _means = new float[store.Shape.DrawsPerBlock];

    /// <summary>Reads back the draws of a partly filled block.</summary>
    public void ReadBack(int chain, int firstDraw, int draws)
    {
        store.ReadTrain(chain, firstDraw, draws, 0, _trainTokens, _train.AsSpan(0, draws * _trainTokens));
        store.ReadQuery(chain, firstDraw, draws, 0, _queryTokens, _queries.AsSpan(0, draws * _queryTokens));
        store.ReadSampling(chain, firstDraw / store.Shape.DrawsPerBlock).AsSpan(0, draws).CopyTo(_means);
    }

    /// <summary>Evaluates all tokens as row <paramref name="row"/> of the block, and the items' sums.</summary>
    public void Record(Weights weights, int row, Span<float> trainLosses, Span<float> queryLosses)
    {
        LossEvaluator.EvaluateTokens(model, weights, train, evaluationBatch, _train.AsSpan(row * _trainTokens, _trainTokens), trainLosses);
        LossEvaluator.EvaluateTokens(model, weights, queries, evaluationBatch, _queries.AsSpan(row * _queryTokens, _queryTokens), queryLosses);
        var sum = 0.0;
        foreach (var loss in trainLosses)
        {
            sum += loss;
        }

        _means[row] = (float)(sum / _trainTokens);
    }

    /// <summary>Writes the block.</summary>
    public void Write(int chain, int block, int rows)
        => store.WriteBlock(chain, block, _train.AsSpan(0, rows * _trainTokens), _queries.AsSpan(0, rows * _queryTokens), _means.AsSpan(0, rows));
}
