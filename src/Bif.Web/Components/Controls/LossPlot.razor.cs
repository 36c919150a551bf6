using Bif.Data.Storage;
using Bif.Web.Browsing;
using Bif.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>The mean training loss of each draw, redrawn while draws arrive: once a second, more seldom where the browser is slow.</summary>
public sealed partial class LossPlot : IDisposable
{
    private const int ShortestWait = 1000;
    private const int LongestWait = 15_000;

    // A browser spends a twentieth of its time on it at most: fifty tabs on two cores leave each other room.
    private const int WaitPerDrawing = 20;
    private static readonly object _layout = new
    {
        xaxis = new { title = new { text = "draw" } }, yaxis = new { title = new { text = "mean training loss, nats" } }, showlegend = true,
    };

    private LossPicture? _picture;
    private Chart? _chart;
    private (Guid Run, int Draws) _read;
    private int _draws;
    private long _drawnAt;
    private bool _isDue;
    private volatile bool _isGone;

    /// <summary>The run as it is when the plot is made; from then on the plot follows it itself.</summary>
    [Parameter, EditorRequired]
    public required RunStatus Run { get; set; }

    /// <summary>Mean loss at the checkpoint, or null.</summary>
    [Parameter]
    public double? Initial { get; set; }

    [Inject]
    private LossPictures Pictures { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _isGone = true;
        Events.Changed -= OnChanged;
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Events.Follow(RendererInfo, OnChanged);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => Follow(Run.Draws);

    private void OnChanged(RunChange change)
    {
        if (change.Run is { } run && run.Id == Run.Id && run.Draws != _draws)
        {
            _ = InvokeAsync(() => Follow(run.Draws));
        }
    }

    private async Task Follow(int draws)
    {
        _draws = draws;
        if (_isDue || _read == (Run.Id, draws))
        {
            return;
        }

        if (_picture is not null && _read.Run == Run.Id)
        {
            _isDue = true;
            var pause = Math.Clamp(WaitPerDrawing * (_chart?.DrawingMilliseconds ?? 0), ShortestWait, LongestWait);
            await Task.Delay((int)Math.Max(0, pause - (Environment.TickCount64 - _drawnAt)));
            _isDue = false;
            if (_isGone)
            {
                return;
            }
        }

        (_read, _drawnAt) = ((Run.Id, _draws), Environment.TickCount64);
        _picture = await Pictures.Of(Run.Id, _draws, Initial);
        StateHasChanged();
    }
}
