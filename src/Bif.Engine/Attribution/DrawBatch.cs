using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>A run of consecutive draws of one chain: the unit of the batch-means error.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="First">First draw.</param>
/// <param name="Count">Number of draws.</param>
/// <param name="Late">Whether it lies in the second half of its chain, as split R̂ cuts it.</param>
/// <param name="Half">0 or 1: the half of the run that it belongs to in split-half comparisons.</param>
internal sealed record DrawBatch(int Chain, int First, int Count, bool Late, int Half)
{
    // Enough for an error good to 18 %, and few enough that a batch outlasts the autocorrelation.
    private const int Wanted = 16;

    /// <summary>The draw after the last.</summary>
    public int End => First + Count;

    /// <summary>
    /// Divides the complete draws of all chains into an even number of batches per chain. Halves of the run are even
    /// against odd chains, or the first against the second half of a single chain. Boundaries depend on the numbers of
    /// draws alone, not on how they were chunked. Chains with a single draw say nothing about covariance and are left out.
    /// </summary>
    public static DrawBatch[] Divide(TraceStore store)
    {
        var chains = Enumerable.Range(0, store.Shape.Chains).AsParallel().AsOrdered()
            .Select(chain => (Chain: chain, Draws: store.CompleteDraws(chain))).Where(entry => entry.Draws >= 2).ToArray();
        var batches = new List<DrawBatch>();
        for (var position = 0; position < chains.Length; position++)
        {
            var (chain, draws) = chains[position];
            var wanted = (Wanted + (2 * chains.Length) - 1) / (2 * chains.Length) * 2;
            var count = Math.Max(2, Math.Min(wanted, draws / 2) / 2 * 2);
            for (var index = 0; index < count; index++)
            {
                var (first, end) = (Edge(index, draws, count), index + 1 == count ? draws : Edge(index + 1, draws, count));
                var late = index >= count / 2;
                batches.Add(new(chain, first, end - first, late, chains.Length > 1 ? position % 2 : late ? 1 : 0));
            }
        }

        return [.. batches];
    }

    // Even where that leaves no batch empty, so that an antithetic pair of draws lies in one batch.
    private static int Edge(int index, int draws, int count)
    {
        var edge = (int)((long)index * draws / count);
        return draws < 2 * count ? edge : edge / 2 * 2;
    }
}
