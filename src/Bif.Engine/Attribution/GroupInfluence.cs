using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// Influence of a set S of training items on a query: Σ_{i∈S} BIF(i, q) = −Cov(Σ_{i∈S} ℓ_i, ℓ_q). Covariance is additive over
/// sets, its error is not: it is taken from the summed losses.
/// </summary>
/// <param name="Items">Number of items in the set.</param>
/// <param name="Bif">The summed BIF, nats², negative = helpful.</param>
/// <param name="StandardError">Its standard error, by batch means.</param>
/// <param name="Correlation">Posterior correlation of the set's summed loss with the query's, positive = helpful.</param>
public sealed record GroupInfluence(int Items, double Bif, double StandardError, double Correlation)
{
    /// <summary>Measures the influence of a set from the traces, each chain centred on its own mean.</summary>
    /// <exception cref="InputException">The set is empty, or there are too few draws.</exception>
    public static GroupInfluence Of(TraceStore store, IReadOnlyCollection<int> items, int query)
    {
        var members = new bool[store.Shape.TrainItems];
        foreach (var item in items)
        {
            members[item] = true;
        }

        var count = members.Count(member => member);
        var batches = DrawBatch.Divide(store);
        if (count == 0 || batches.Length < 2)
        {
            throw new InputException(count == 0 ? "The group is empty: it has no influence to speak of." : $"The trace in {store.Directory} has too few draws for an error.");
        }

        var (x, y) = (CentredSeries.OfItems(store, members), CentredSeries.OfQuery(store, query));
        var (total, freedom, draws) = (CentredSeries.Product(x, y), CentredSeries.Freedom(x), (double)batches.Sum(batch => batch.Count));
        var spread = batches.Sum(batch =>
        {
            var part = Enumerable.Range(batch.First, batch.Count).Sum(draw => x[batch.Chain][draw] * y[batch.Chain][draw]);
            var off = part - (total * batch.Count / draws);
            return off * off;
        });
        var scale = Math.Sqrt(CentredSeries.Product(x, x) * CentredSeries.Product(y, y));
        return new(
            count, -total / freedom, Math.Sqrt(spread * batches.Length / (batches.Length - 1.0)) / freedom, scale > 0 ? total / scale : 0);
    }

    /// <summary>
    /// First-order change of the query's expected loss (nats) if the set were left out of the n items that make the mean
    /// loss: removing an item perturbs that mean by −ℓ_i/n, so the change is −nβ·BIF/n. Positive: the query gets worse.
    /// </summary>
    public double ChangeWhenRemoved(double nbeta, int items) => -nbeta * Bif / items;
}
