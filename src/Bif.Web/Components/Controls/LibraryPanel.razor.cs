using Bif.Engine;
using Bif.Web.Browsing;
using Bif.Web.Uploads;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace Bif.Web.Components.Controls;

/// <summary>The models and data that can be chosen, each with what it can be chosen for, and the way to bring others.</summary>
public sealed partial class LibraryPanel
{
    private const int Shown = 12;
    private bool _isBusy;
    private double? _share;
    private string? _error;
    private UploadAnswer? _answer;

    /// <summary>What is at hand.</summary>
    [Parameter, EditorRequired]
    public CatalogContents Library { get; set; } = null!;

    /// <summary>The chosen model.</summary>
    [Parameter]
    public string Model { get; set; } = "";

    /// <summary>The chosen training data.</summary>
    [Parameter]
    public string Data { get; set; } = "";

    /// <summary>The chosen queries.</summary>
    [Parameter]
    public string Queries { get; set; } = "";

    /// <summary>Receives a model's path.</summary>
    [Parameter]
    public EventCallback<string> OnModel { get; set; }

    /// <summary>Receives a path of training data.</summary>
    [Parameter]
    public EventCallback<string> OnData { get; set; }

    /// <summary>Receives a path of queries.</summary>
    [Parameter]
    public EventCallback<string> OnQueries { get; set; }

    /// <summary>Called after an upload or a download.</summary>
    [Parameter]
    public EventCallback OnUploaded { get; set; }

    [Inject]
    private UploadDesk Desk { get; set; } = null!;

    private IEnumerable<(string Path, string Name, string Kind)> Sets() => Library.Data.SelectMany(set => set.Splits.Count == 0
        ? [(set.Path, set.Name, set.Kind)]
        : set.Splits.Select(split => ($"{set.Path}@{split}", $"{set.Name}, {split}", set.Kind)));

    private async Task Chosen(InputFileChangeEventArgs change)
    {
        (_isBusy, _share, _error, _answer) = (true, 0, null, null);
        try
        {
            if (change.File.Size > Desk.MostBytes)
            {
                throw new InputException($"{change.File.Name} has {change.File.Size >> 20:N0} MiB; at most {Desk.MostBytes >> 20:N0} are taken.");
            }

            await using var stream = change.File.OpenReadStream(Math.Max(1, Desk.MostBytes));
            _answer = await Desk.Take(stream, change.File.Name, new Share(this, change.File.Size), default);
            await OnUploaded.InvokeAsync();
        }
        catch (Exception error) when (error is InputException or IOException)
        {
            _error = error.Message;
        }
        finally
        {
            _isBusy = false;
        }
    }

    // The bar moves in steps of a hundredth.
    private sealed class Share(LibraryPanel panel, long size) : IProgress<long>
    {
        public void Report(long value)
        {
            var share = Math.Round((double)value / Math.Max(1, size), 2);
            if (share != panel._share)
            {
                panel._share = share;
                _ = panel.InvokeAsync(panel.StateHasChanged);
            }
        }
    }
}
