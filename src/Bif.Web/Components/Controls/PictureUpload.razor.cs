using Bif.Engine;
using Bif.Web.Jobs;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace Bif.Web.Components.Controls;

/// <summary>Takes a picture as a new query: what the model sees in it, what asking costs, then the asking.</summary>
public sealed partial class PictureUpload
{
    private PictureAnswer? _answer;
    private byte[] _file = [];
    private string _name = "";
    private string? _error;
    private int _label;
    private bool _isBusy;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>Names by class, or null.</summary>
    [Parameter]
    public IReadOnlyList<string>? Names { get; set; }

    /// <summary>Receives the new query's index.</summary>
    [Parameter]
    public EventCallback<int> OnAsked { get; set; }

    [Inject]
    private QueryDesk Desk { get; set; } = null!;

    private string NameOf(int label) => Names is { } names && label < names.Count ? names[label] : $"class {label}";

    private Task Chosen(InputFileChangeEventArgs change) => Do(async () =>
    {
        _answer = null;
        if (change.File.Size > QueryDesk.LargestPicture)
        {
            throw new InputException($"The picture has {change.File.Size >> 20} MiB; at most {QueryDesk.LargestPicture >> 20} are taken.");
        }

        using var bytes = new MemoryStream();
        await using (var stream = change.File.OpenReadStream(QueryDesk.LargestPicture))
        {
            await stream.CopyToAsync(bytes);
        }

        (_file, _name) = (bytes.ToArray(), change.File.Name);
        _answer = await Desk.Look(Run, _file, _name, default);
        _label = _answer.Predicted;
    });

    private Task Ask() => Do(async () =>
    {
        var query = await Desk.AskPicture(Run, _file, _name, _label, default);
        _answer = null;
        await OnAsked.InvokeAsync(query);
    });

    private async Task Do(Func<Task> work)
    {
        (_isBusy, _error) = (true, null);
        try
        {
            await work();
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
}
