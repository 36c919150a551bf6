namespace Bif.Engine.FirstOrder;

/// <summary>
/// The folder <c>first_order</c> of a run whose draws come from a known Gaussian N(w*, Σ): the first-order parts
/// a_i(t) = g_i·(w_t − w*) of all losses at its draws, and what their covariances are without any noise.
/// </summary>
/// <param name="root">The folder.</param>
internal sealed class FirstOrderFiles(string root)
{
    /// <summary>The folder itself.</summary>
    public string Root { get; } = root;

    /// <summary>a at every draw, laid out as the loss traces (Zarr v3), nats.</summary>
    public string Traces => Path.Combine(Root, "traces.zarr");

    /// <summary>g_iᵀ·Σ·g_q, float32 [query, item], nats².</summary>
    public string Covariance => Path.Combine(Root, "covariance.npy");

    /// <summary>g_iᵀ·Σ·g_i, float64 [item], nats².</summary>
    public string ItemVariance => Path.Combine(Root, "item_variance.npy");

    /// <summary>g_qᵀ·Σ·g_q, float64 [query], nats².</summary>
    public string QueryVariance => Path.Combine(Root, "query_variance.npy");

    /// <summary>Whether the noise-free part is there.</summary>
    public bool HasCovariance => File.Exists(Covariance) && File.Exists(ItemVariance) && File.Exists(QueryVariance);
}
