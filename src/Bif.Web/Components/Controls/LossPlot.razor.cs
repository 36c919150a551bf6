using Bif.Data.Storage;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>The mean training loss of each draw, a line per chain, with the loss at the checkpoint.</summary>
public sealed partial class LossPlot
{
    private const int MostPoints = 400;
    private const int PictureMilliseconds = 1000;
    private static readonly object _layout = new
    {
        xaxis = new { title = new { text = "draw" } }, yaxis = new { title = new { text = "mean training loss, nats" } }, showlegend = true,
    };

    private IReadOnlyList<object>? _traces;
    private string _summary = "";

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>Grows with every draw; a new value reads the losses anew.</summary>
    [Parameter, EditorRequired]
    public int Draws { get; set; }

    /// <summary>Mean loss at the checkpoint, or null.</summary>
    [Parameter]
    public double? Initial { get; set; }

    [Inject]
    private RunReader Reader { get; set; } = null!;

    private int _readAt = -1;
    private long _readTime;
    private bool _isDue;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (Draws == _readAt || _isDue)
        {
            return;
        }

        // A picture a second is enough for the eye, and spares server and browser most of the messages.
        if (_traces is not null && PictureMilliseconds - (Environment.TickCount64 - _readTime) is > 0 and var wait)
        {
            _isDue = true;
            await Task.Delay((int)wait);
            _isDue = false;
        }

        (_readAt, _readTime) = (Draws, Environment.TickCount64);
        var chains = await Reader.Losses(Run);
        if (chains.All(losses => losses.Length == 0))
        {
            return;
        }

        var traces = chains.Select((losses, chain) => (object)LineOf($"chain {chain + 1}", losses)).ToList();
        if (Initial is { } initial)
        {
            traces.Add(new
            {
                type = "scatter", mode = "lines", name = "checkpoint", x = new[] { 1, chains.Max(losses => losses.Length) }, y = new[] { initial, initial },
                line = new { dash = "dot", width = 1, color = "--muted" },
            });
        }

        _traces = traces;
        var last = chains.Where(losses => losses.Length > 0).Select(losses => losses[^Math.Max(1, losses.Length / 10)..].Average()).ToList();
        _summary = $"Mean training loss along the chains: lately {last.Min():G3} to {last.Max():G3} nats over {last.Count} chains"
            + (Initial is { } start ? $", {start:G3} at the checkpoint." : ".");
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
