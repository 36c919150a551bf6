using Bif.Engine.Attribution;
using Bif.Web.Browsing;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Bif.Web.Components.Controls;

/// <summary>The matrix of a query's units and a passage's as a Plotly heatmap; the browser fetches its numbers in binary tiles.</summary>
public sealed partial class TokenMatrix : IAsyncDisposable
{
    private const int TableRows = 12;
    private ElementReference _place;
    private BrowserModule _module = null!;
    private (MatrixPart, string, int?)? _drawn;
    private MatrixPart? _read;
    private IReadOnlyList<(int Row, int Column, float Correlation, float Error)> _strongest = [];

    /// <summary>The matrix, for the summary and the table.</summary>
    [Parameter, EditorRequired]
    public required MatrixPart Part { get; set; }

    /// <summary>Where its tiles come from, with a query string.</summary>
    [Parameter, EditorRequired]
    public required string Address { get; set; }

    /// <summary>The query's units.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Rows { get; set; }

    /// <summary>The passage's units.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Columns { get; set; }

    /// <summary>The row to frame, or null.</summary>
    [Parameter]
    public int? Chosen { get; set; }

    [Inject]
    private IJSRuntime Script { get; set; } = null!;

    [Inject]
    private ILogger<TokenMatrix> Logger { get; set; } = null!;

    private int Height => Math.Clamp(140 + (12 * Rows.Count), 260, 640);

    private string Summary => _strongest.Count == 0 ? "The matrix is empty." : $"{Rows.Count} by {Columns.Count} correlations; the strongest is {Wording.Signed(_strongest[0].Correlation)}, “{Rows[_strongest[0].Row].Trim()}” with “{Columns[_strongest[0].Column].Trim()}”.";

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _module.DisposeAsync();

    /// <inheritdoc/>
    protected override void OnInitialized() => _module = new(Script, "/js/matrix.js", Logger);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (ReferenceEquals(_read, Part))
        {
            return;
        }

        _read = Part;
        _strongest = [.. Ranking.Largest([.. Part.Correlation.Select(Math.Abs)], TableRows)
            .Select(each => (each.Item / Part.Columns, each.Item % Part.Columns, Part.Correlation[each.Item], Part.CorrelationError[each.Item]))];
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // The same address has other numbers once the noise is taken out.
        if (_drawn == (Part, Address, Chosen))
        {
            return;
        }

        // Where it fails, the summary and the table still say what the picture would.
        _drawn = (Part, Address, Chosen);
        await _module.Call("drawMatrix", _place, Address, Rows, Columns, Chosen);
    }
}
