using Bif.Engine;
using Bif.Engine.Data;
using Bif.Web.Browsing;
using Bif.Web.Hosting;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Shows the pictures behind a data path and turns a first and a last one into a slice of it.</summary>
public sealed partial class RangePicker
{
    private const int PageSize = 60;
    private string _set = "";
    private int? _count;
    private int _start;
    private int? _first;
    private int? _last;
    private string? _error;

    /// <summary>The model that will take them.</summary>
    [Parameter, EditorRequired]
    public required string Model { get; set; }

    /// <summary>PATH[@SPLIT][[A:B]].</summary>
    [Parameter, EditorRequired]
    public required string Data { get; set; }

    /// <summary>Receives the path with its slice.</summary>
    [Parameter]
    public EventCallback<string> OnPicked { get; set; }

    [Inject]
    private PathGuard Guard { get; set; } = null!;

    [Inject]
    private Pictures Pictures { get; set; } = null!;

    private bool IsIn(int item) => item == _first || (_first <= item && item <= _last);

    private string AddressOf(int item) => $"/api/v1/library/picture?model={Uri.EscapeDataString(Model)}&data={Uri.EscapeDataString(_set)}&item={item}";

    private async Task Open()
    {
        (_error, _first, _last, _start) = (null, null, null, 0);
        try
        {
            if (Model.Trim().Length == 0 || Data.Trim().Length == 0)
            {
                throw new InputException("Choose a model and where the queries lie first.");
            }

            var path = DataPath.Parse(Data);
            _set = path.Path + (path.Split is { } split ? $"@{split}" : "");
            var (model, set) = (Guard.Resolve(Model.Trim()), Guard.ResolveData(_set));
            _count = await Task.Run(() => Pictures.Count(model, set));
            _error = _count is null ? "There are no pictures there: write the slice yourself, as in PATH@test[0:100]." : null;
        }
        catch (InputException error)
        {
            (_count, _error) = (null, error.Message);
        }
    }

    private Task Pick(int item)
    {
        if (_first is { } first && _last is null)
        {
            (_first, _last) = (Math.Min(first, item), Math.Max(first, item));
        }
        else
        {
            (_first, _last) = (item, null);
        }

        return OnPicked.InvokeAsync($"{_set}[{_first}:{(_last ?? _first) + 1}]");
    }
}
