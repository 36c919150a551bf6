using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Controls;

/// <summary>A Plotly chart: data in, picture out, with a summary in words and a table beside it.</summary>
public sealed partial class Chart : IAsyncDisposable
{
    private ElementReference _place;
    private BrowserModule _module = null!;
    private IReadOnlyList<object>? _drawn;

    /// <summary>Plotly's traces; colours may name the page's variables (--helpful). A new list is a new picture.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<object> Traces { get; set; }

    /// <summary>Plotly's layout.</summary>
    [Parameter]
    public object Layout { get; set; } = new { };

    /// <summary>What the chart says, in words.</summary>
    [Parameter, EditorRequired]
    public required string Summary { get; set; }

    /// <summary>The same numbers as a table, or null.</summary>
    [Parameter]
    public RenderFragment? Table { get; set; }

    /// <summary>Pixels.</summary>
    [Parameter]
    public int Height { get; set; } = 270;

    /// <summary>How long the browser took over the last picture.</summary>
    public double DrawingMilliseconds { get; private set; }

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<Chart> Logger { get; set; } = null!;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_module.IsImported)
        {
            await _module.Call("forget", _place);
        }

        await _module.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => _module = new(Script, "/js/chart.js", Logger);

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (ReferenceEquals(_drawn, Traces))
        {
            return;
        }

        // Where it fails, the summary and the table still say what the picture would.
        _drawn = Traces;
        DrawingMilliseconds = await _module.Call<double>("draw", _place, Traces, Layout);
    }
}
