using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>Many directions of a large space as the rows of one matrix, of which there is no room for a second.</summary>
internal static class RowSpace
{
    private const int ColumnsAtATime = 4096;

    /// <summary>Puts combinations of rows in their place: the first k rows of the memory, which the others' stays part of.</summary>
    /// <param name="weights">[k, r], k at most r.</param>
    /// <param name="rows">[r, P], float32; of no use afterwards.</param>
    /// <returns>weights · rows [k, P].</returns>
    public static Tensor Combine(Tensor weights, Tensor rows)
    {
        using var noGradient = no_grad();
        var combined = rows.narrow(0, 0, weights.shape[0]);
        using var factor = weights.to(float32).contiguous();
        for (long start = 0; start < rows.shape[1]; start += ColumnsAtATime)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(ColumnsAtATime, rows.shape[1] - start);
            combined.narrow(1, start, count).copy_(factor.matmul(rows.narrow(1, start, count)));
        }

        return combined;
    }
}
