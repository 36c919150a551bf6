using Bif.Data.Storage;
using Bif.Engine.Runs;

namespace Bif.Web.Browsing;

/// <summary>Where a chain's mean training loss is.</summary>
/// <param name="Chain">From 1.</param>
/// <param name="Draws">Draws so far.</param>
/// <param name="First">Mean over its first tenth, nats.</param>
/// <param name="Lately">Mean over its last tenth, nats.</param>
public sealed record ChainLoss(int Chain, int Draws, double First, double Lately);

/// <summary>The mean training loss of each draw, a line per chain, with the loss at the checkpoint.</summary>
/// <param name="Traces">Plotly's traces.</param>
/// <param name="Summary">The picture in words.</param>
/// <param name="Chains">The picture as a table.</param>
public sealed record LossPicture(IReadOnlyList<object> Traces, string Summary, IReadOnlyList<ChainLoss> Chains)
{
    private const int MostPoints = 400;

    /// <summary>Draws it; null where no chain has a draw.</summary>
    /// <param name="chains">Mean training losses by chain, nats.</param>
    /// <param name="initial">Mean loss at the checkpoint, or null.</param>
    public static LossPicture? Of(IReadOnlyList<float[]> chains, double? initial)
    {
        if (chains.All(losses => losses.Length == 0))
        {
            return null;
        }

        var traces = chains.Select((losses, chain) => LineOf($"chain {chain + 1}", losses)).ToList();
        if (initial is { } level)
        {
            traces.Add(new
            {
                type = "scatter", mode = "lines", name = "checkpoint", x = new[] { 1, chains.Max(losses => losses.Length) }, y = new[] { level, level },
                line = new { dash = "dot", width = 1, color = "--muted" },
            });
        }

        var rows = chains.Select((losses, chain) => (losses, chain)).Where(each => each.losses.Length > 0).Select(each =>
        {
            var tenth = Math.Max(1, each.losses.Length / 10);
            return new ChainLoss(each.chain + 1, each.losses.Length, each.losses[..tenth].Average(), each.losses[^tenth..].Average());
        }).ToList();
        var summary = $"Mean training loss along the chains: lately {rows.Min(row => row.Lately):G3} to {rows.Max(row => row.Lately):G3} nats over {rows.Count} {(rows.Count == 1 ? "chain" : "chains")}"
            + (initial is { } start ? $", {start:G3} at the checkpoint." : ".");
        return new(traces, summary, rows);
    }

    // Long chains are thinned to what a screen can show; each point is the mean of its draws.
    private static object LineOf(string name, float[] losses)
    {
        var group = Math.Max(1, (int)Math.Ceiling(losses.Length / (double)MostPoints));
        var points = losses.Chunk(group).ToList();
        return new
        {
            type = "scatter", mode = "lines", name, x = points.Select((_, index) => (index * group) + 1), y = points.Select(draws => draws.Average()), line = new { width = 1.3 },
        };
    }
}

/// <summary>Pictures of runs that go on: one reading of the losses serves all who watch.</summary>
public sealed class LossPictures(RunReader reader)
{
    private readonly RecentlyUsed<(Guid Run, int Draws), Lazy<Task<LossPicture?>>> _pictures = new(32);
    private readonly Lock _gate = new();

    /// <summary>The picture of a run that has so many draws.</summary>
    public Task<LossPicture?> Of(Guid run, int draws, double? initial)
    {
        lock (_gate)
        {
            if (!_pictures.TryGet((run, draws), out var picture) || picture.Value.IsFaulted)
            {
                picture = new(async () => LossPicture.Of(await reader.Losses(run), initial));
                _pictures.Put((run, draws), picture);
            }

            return picture.Value;
        }
    }
}
