using System.Numerics.Tensors;

namespace Bif.Engine.Attribution;

/// <summary>
/// Summed losses of spans at every draw that counts, each chain around its own mean: what scores between spans are made of.
/// Worth keeping for spans that are asked for again: another query token then costs no reading.
/// </summary>
public sealed class SpanSeries
{
    private double[][]? _withCommon;

    /// <summary>Takes the series.</summary>
    /// <param name="values">[batch][draw × span], nats.</param>
    /// <param name="sizes">Tokens of each span.</param>
    internal SpanSeries(float[][] values, int[] sizes)
    {
        (Values, Sizes) = (values, sizes);
        Squares = [.. values.Select(batch =>
        {
            var (squares, row) = (new double[sizes.Length], new double[sizes.Length]);
            for (var first = 0; first < batch.Length; first += sizes.Length)
            {
                TensorPrimitives.ConvertTruncating<float, double>(batch.AsSpan(first, sizes.Length), row);
                TensorPrimitives.MultiplyAdd<double>(row, row, squares, squares);
            }

            return squares;
        })];
    }

    /// <summary>Number of spans.</summary>
    public int Count => Sizes.Length;

    /// <summary>Memory that it takes.</summary>
    public long Bytes => sizeof(float) * Values.Sum(batch => (long)batch.Length);

    /// <summary>[batch][draw × span].</summary>
    internal float[][] Values { get; }

    /// <summary>Tokens of each span.</summary>
    internal int[] Sizes { get; }

    /// <summary>Σx² by batch and span.</summary>
    internal double[][] Squares { get; }

    /// <summary>One span of them.</summary>
    public SpanSeries Pick(int index) => Count == 1 ? this : new(
        [.. Values.Select(batch => Enumerable.Range(0, batch.Length / Count).Select(draw => batch[(draw * Count) + index]).ToArray())], [Sizes[index]]);

    /// <summary>Σx·m by batch and span, m the common mode by batch and draw; the first one that is asked for is kept.</summary>
    internal double[][] With(double[][] common) => _withCommon ??= [.. Values.Select((batch, index) =>
    {
        var (sums, row) = (new double[Count], new double[Count]);
        for (var draw = 0; draw < common[index].Length; draw++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(batch.AsSpan(draw * Count, Count), row);
            TensorPrimitives.MultiplyAdd<double>(row, common[index][draw], sums, sums);
        }

        return sums;
    })];
}
