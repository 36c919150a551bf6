using System.Globalization;
using Bif.Engine;
using Bif.Web.Browsing;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>Grids of quality over shares of the data, and one of them as charts and table.</summary>
public sealed partial class GridsPage
{
    private IReadOnlyList<Grid> _all = [];
    private IReadOnlyList<string> _damaged = [];
    private IReadOnlyList<GridPanel> _panels = [];
    private Grid? _grid;
    private string? _error;

    /// <summary>The grid; null for the list.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Inject]
    private GridLibrary Grids { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        (_grid, _error) = (null, null);
        if (Name is null)
        {
            (_all, _damaged) = Grids.All();
            return;
        }

        try
        {
            _grid = Grids.Find(Name);
            _panels = _grid is null ? [] : GridView.Panels(_grid.Cells);
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
    }

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";
}
