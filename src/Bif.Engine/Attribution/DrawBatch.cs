using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>A run of consecutive draws of one chain: the unit of the batch-means error.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="First">First draw.</param>
/// <param name="Count">Number of draws.</param>
/// <param name="Half">0 or 1: the half of the run that it belongs to in split-half comparisons.</param>
internal sealed record DrawBatch(int Chain, int First, int Count, int Half)
{
    private const int Wanted = 24;

    /// <summary>
    /// Divides the complete draws of all chains. Halves are even against odd chains, or the first against the second half
    /// of a single chain. Boundaries do not depend on how draws were chunked.
    /// </summary>
    public static IReadOnlyList<DrawBatch> Divide(TraceStore store)
    {
        var draws = Enumerable.Range(0, store.Shape.Chains).Select(store.CompleteDraws).ToArray();
        var chains = draws.Count(count => count > 0);
        var batches = new List<DrawBatch>();
        for (var chain = 0; chain < draws.Length; chain++)
        {
            // At least two draws in a batch, an even number of batches in a single chain.
            var perChain = Math.Clamp(draws[chain] / 2, 1, Math.Max(2, Wanted / Math.Max(chains, 1)));
            for (var index = 0; draws[chain] > 0 && index < perChain; index++)
            {
                var first = (int)((long)index * draws[chain] / perChain);
                var end = (int)((long)(index + 1) * draws[chain] / perChain);
                batches.Add(new DrawBatch(chain, first, end - first, chains > 1 ? chain % 2 : index < perChain / 2 ? 0 : 1));
            }
        }

        return batches;
    }
}
