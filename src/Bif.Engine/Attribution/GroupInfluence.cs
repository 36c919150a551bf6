using Bif.Engine.FirstOrder;
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
    /// <summary>Measures the influence of a set from the traces.</summary>
    /// <exception cref="InputException">The set is empty, or there are too few draws.</exception>
    /// <param name="store">The traces.</param>
    /// <param name="items">The set.</param>
    /// <param name="query">The query.</param>
    /// <param name="centering">How the run's scores are centred.</param>
    /// <param name="control">First-order parts whose noise is taken out, as in the run's scores; null for the draws alone.</param>
    public static GroupInfluence Of(TraceStore store, IReadOnlyCollection<int> items, int query, Centering centering, FirstOrderControl? control = null)
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

        var (x, y) = (CentredSeries.OfItems(store, members, centering), CentredSeries.OfQuery(store, query, centering));
        var scale = Math.Sqrt(CentredSeries.Product(x, x) * CentredSeries.Product(y, y));
        double[][] products = [.. x.Zip(y, (of, with) => of.Zip(with, (a, b) => a * b).ToArray())];
        var (freedom, draws, known) = (CentredSeries.Freedom(x, centering), (double)batches.Sum(batch => batch.Count), 0.0);

        // A run that is being extended has its parts for fewer draws than its losses.
        if (control is not null && Enumerable.Range(0, x.Length).All(chain => control.Traces.CompleteDraws(chain) == store.CompleteDraws(chain)))
        {
            var (a, b) = (CentredSeries.OfItems(control.Traces, members, centering), CentredSeries.OfQuery(control.Traces, query, centering));
            products = [.. products.Select((chain, index) => chain.Select((product, draw) => product - (a[index][draw] * b[index][draw])).ToArray())];
            var covariance = new float[members.Length];
            control.ReadCovariance(query, 0, covariance);
            known = freedom * covariance.Where((_, item) => members[item]).Sum(value => (double)value);
        }

        var sampled = products.Sum(chain => chain.Sum());
        var total = sampled + known;
        var spread = batches.Sum(batch =>
        {
            var part = new ArraySegment<double>(products[batch.Chain], batch.First, batch.Count).Sum();
            var off = part - (sampled * batch.Count / draws);
            return off * off;
        });
        return new(
            count, -total / freedom, Math.Sqrt(spread * batches.Length / (batches.Length - 1.0)) / freedom, scale > 0 ? Math.Clamp(total / scale, -1, 1) : 0);
    }

    /// <summary>
    /// First-order change of the query's expected loss (nats) if the set were left out of the n items that make the mean
    /// loss: removing an item perturbs that mean by −ℓ_i/n, so the change is −nβ·BIF/n. Positive: the query gets worse.
    /// </summary>
    public double ChangeWhenRemoved(double nbeta, int items) => -nbeta * Bif / items;
}
