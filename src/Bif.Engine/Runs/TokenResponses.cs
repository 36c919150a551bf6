using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;

namespace Bif.Engine.Runs;

/// <summary>
/// Scores of query units whose tokens' first-order responses were measured (<see cref="ResponsePass"/>): their covariances have no
/// Monte Carlo noise. Those of a unit are the sums of its tokens', so that they add up exactly. A correlation divides them by the
/// unit's own deviation, known likewise, and the training span's over the draws, whose noise is what its error states.
/// </summary>
/// <param name="files">What was measured.</param>
/// <param name="queryTokens">The queries' tokens.</param>
/// <param name="traced">Traced training tokens.</param>
/// <param name="draws">Draws behind the training spans' deviations.</param>
internal sealed class TokenResponses(ResponseFiles files, TokenTable queryTokens, int traced, int draws)
{
    private const int MostKept = 8;
    private readonly Lock _gate = new();
    private readonly LinkedList<(TokenSpan Unit, double[] Covariance)> _kept = [];

    /// <summary>Whether all of a unit's tokens were measured.</summary>
    public bool Has(TokenSpan unit) => Enumerable.Range(unit.First, unit.Count).All(files.Has);

    /// <summary>Scores units of one query against training spans.</summary>
    /// <param name="units">Measured units.</param>
    /// <param name="spans">Training spans.</param>
    /// <param name="variances">Of the spans' summed losses over the draws, nats².</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    public TokenBlock Block(IReadOnlyList<TokenSpan> units, IReadOnlyList<TokenSpan> spans, IReadOnlyList<double> variances, bool isPartial)
    {
        var block = new TokenBlock(new float[units.Count, spans.Count], new float[units.Count, spans.Count], new float[units.Count, spans.Count]);
        for (var row = 0; row < units.Count; row++)
        {
            var scores = Of(units[row], spans, variances, isPartial);
            for (var column = 0; column < spans.Count; column++)
            {
                (block.Bif[row, column], block.Correlation[row, column]) = (scores.Bif[column], scores.Correlation[column]);

                // The relative standard error of a deviation from N draws is 1/√(2N).
                block.CorrelationError[row, column] = (float)(Math.Abs(scores.Correlation[column]) / Math.Sqrt(2.0 * draws));
            }
        }

        return block;
    }

    /// <summary>Scores one unit against training spans; arguments as above.</summary>
    public SpanScores Of(TokenSpan unit, IReadOnlyList<TokenSpan> spans, IReadOnlyList<double> variances, bool isPartial)
    {
        var (first, end) = (spans.Min(span => span.First), spans.Max(span => span.First + span.Count));
        var covariance = Covariance(unit).AsSpan(first, end - first);
        var own = Variance(unit);
        var (common, commonVariance) = isPartial ? Common(first, end - first) : default;
        var withCommon = isPartial ? Sum(Covariance(unit)) : 0;
        var result = new SpanScores(new float[spans.Count], new float[spans.Count]);
        for (var index = 0; index < spans.Count; index++)
        {
            var span = spans[index];
            var (xy, xx, yy) = (Sum(covariance.Slice(span.First - first, span.Count)), variances[index], own);
            if (isPartial)
            {
                new CommonRemoval(
                    new(ref xy), new(ref xx), new(ref yy), [Sum(common.AsSpan(span.First - first, span.Count))], [withCommon], [commonVariance]).Apply(traced - span.Count);
            }

            result.Bif[index] = (float)-xy;
            result.Correlation[index] = xx > 0 && yy > 0 ? (float)Math.Clamp(xy / Math.Sqrt(xx * yy), -1, 1) : 0;
        }

        return result;
    }

    // With every training token.
    private double[] Covariance(TokenSpan unit)
    {
        lock (_gate)
        {
            var node = _kept.First;
            while (node is not null && node.Value.Unit != unit)
            {
                node = node.Next;
            }

            if (node is null)
            {
                var sums = new double[traced];
                foreach (var token in Enumerable.Range(unit.First, unit.Count))
                {
                    ResponseFiles.Add(files.Of(token), Length(token), 0, sums);
                }

                node = new((unit, sums));
            }
            else
            {
                _kept.Remove(node);
            }

            _kept.AddFirst(node);
            if (_kept.Count > MostKept)
            {
                _kept.RemoveLast();
            }

            return node.Value.Covariance;
        }
    }

    private double Variance(TokenSpan unit)
    {
        var own = new double[unit.Count];
        var within = unit.First - queryTokens.Of(queryTokens.Items[unit.First]).First;
        foreach (var token in Enumerable.Range(unit.First, unit.Count))
        {
            ResponseFiles.Add(files.Of(token), Length(token), traced + within, own);
        }

        return own.Sum();
    }

    // The common mode's covariance with training tokens, and its variance.
    private (double[] Covariance, double Variance) Common(int first, int count)
    {
        var (covariance, variance) = (new double[count], new double[1]);
        ResponseFiles.Add(files.Common, traced + 1, first, covariance);
        ResponseFiles.Add(files.Common, traced + 1, traced, variance);
        return (covariance, variance[0]);
    }

    private int Length(int token) => traced + queryTokens.Of(queryTokens.Items[token]).Count;

    private static double Sum(ReadOnlySpan<double> values) => System.Numerics.Tensors.TensorPrimitives.Sum(values);
}
