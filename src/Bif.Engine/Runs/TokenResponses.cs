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
    private readonly RecentlyUsed<TokenSpan, (double[] Covariance, double Variance)> _kept = new(MostKept);
    private readonly Lazy<float[]> _common = new(() => ResponseFiles.Read(files.Common, traced + 1), LazyThreadSafetyMode.PublicationOnly);

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
        var (covariance, own) = Response(unit);
        var common = isPartial ? _common.Value : [];
        var withCommon = isPartial ? Sum<double>(covariance) : 0;
        var result = new SpanScores(new float[spans.Count], new float[spans.Count]);
        for (var index = 0; index < spans.Count; index++)
        {
            var span = spans[index];
            var (xy, xx, yy) = (Sum<double>(covariance.AsSpan(span.First, span.Count)), variances[index], own);
            if (isPartial)
            {
                new CommonRemoval(
                    new(ref xy), new(ref xx), new(ref yy), [Sum<float>(common.AsSpan(span.First, span.Count))], [withCommon], [common[^1]]).Apply(traced - span.Count);
            }

            result.Bif[index] = (float)-xy;
            result.Correlation[index] = xx > 0 && yy > 0 ? (float)Math.Clamp(xy / Math.Sqrt(xx * yy), -1, 1) : 0;
        }

        return result;
    }

    // A unit's covariance with every training token, and its own variance.
    private (double[] Covariance, double Variance) Response(TokenSpan unit)
    {
        if (_kept.TryGet(unit, out var known))
        {
            return known;
        }

        var (first, count) = queryTokens.Of(queryTokens.Items[unit.First]);
        var sums = new double[traced + count];
        foreach (var token in Enumerable.Range(unit.First, unit.Count))
        {
            var values = ResponseFiles.Read(files.Of(token), sums.Length);
            for (var index = 0; index < values.Length; index++)
            {
                sums[index] += values[index];
            }
        }

        var response = (sums[..traced], Sum<double>(sums.AsSpan(traced + unit.First - first, unit.Count)));
        _kept.Put(unit, response);
        return response;
    }

    private static double Sum<T>(ReadOnlySpan<T> values)
        where T : System.Numerics.INumber<T>
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += double.CreateTruncating(value);
        }

        return sum;
    }
}
