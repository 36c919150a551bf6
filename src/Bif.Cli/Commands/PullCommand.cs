using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Downloads;

namespace Bif.Cli.Commands;

/// <summary><c>bif pull</c>: fetches models and data sets into folders that every other verb reads.</summary>
internal sealed class PullCommand : Verb
{
    private readonly Argument<string[]> _what = new("WHAT")
    {
        Description = "hf:OWNER/NAME[@REVISION], or " + string.Join(", ", KnownData.All.Select(each => each.Name)) + ".",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Setting<string> _out = new("--out")
    {
        Description = "The folder under which each gets a folder of its own; ./bif up looks into data.",
        Default = "data/downloads",
        Value = "DIR",
        DefaultValueFactory = _ => "data/downloads",
        Validators = { Setting.NotEmpty },
    };

    private readonly Setting<string?> _proxy = Setting.Text("--proxy", "URL", "An HTTP proxy, http://host:port.", "HTTPS_PROXY, HTTP_PROXY, NO_PROXY");
    private readonly Setting<string?> _mirror = Setting.Text("--mirror", "URL", "Stands in for https://huggingface.co.", "BIF_MIRROR, HF_ENDPOINT, else the original");
    private readonly Setting<string?> _dataMirror = Setting.Text("--data-mirror", "URL", "A web folder that holds the data sets' files under their own names.", "BIF_DATA_MIRROR, else each file's home");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per line on stdout; the last line of each lists its folder.");

    /// <summary>Declares the options.</summary>
    public PullCommand() : base("pull", "Fetch a model from the Hugging Face hub, or a data set by its name; goes on where it stopped.")
    {
        Arguments.Add(_what);
        foreach (var option in new Option[] { _out, _proxy, _mirror, _dataMirror, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif pull hf:EleutherAI/pythia-70m tinystories-valid", "A model and texts to try it on."),
        new("bif pull cifar10", "60,000 pictures; the same line goes on after an interruption."),
    ];

    /// <inheritdoc/>
    public override string Notes => "Names: " + string.Join(" ", KnownData.All.Select(each => $"{each.Name}: {each.About}."));

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var json = arguments.GetValue(_json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: what has arrived is kept, the same line goes on from there."));
        var downloader = new Downloader(new DownloadSettings
        {
            Proxy = arguments.GetValue(_proxy), Mirror = arguments.GetValue(_mirror), DataMirror = arguments.GetValue(_dataMirror),
        });
        foreach (var what in arguments.GetRequiredValue(_what))
        {
            var display = new DownloadDisplay(output, json);
            var result = display.Follow(progress => downloader.Fetch(what, arguments.GetRequiredValue(_out), progress, interruption.Token).GetAwaiter().GetResult());
            if (json)
            {
                output.Json(result);
                continue;
            }

            output.Results.WriteLine(result.WasThere ? $"{what} is there already: {result.Folder}" : $"Fetched {what} ({Quantity.Bytes(result.Bytes)}): {result.Folder}");
            foreach (var path in result.Paths)
            {
                output.Results.WriteLine($"  {(result.IsModel ? "--model" : "--data")} {path}");
            }
        }

        return ExitCode.Ok;
    }
}
