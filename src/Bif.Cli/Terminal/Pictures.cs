using Bif.Engine;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Terminal;

/// <summary>The images behind a run's items, where the data still lies where it was and the terminal shows colours.</summary>
internal sealed class Pictures : IDisposable
{
    private const int Columns = 16;
    private readonly Dataset _data;
    private readonly Dataset _queries;

    private Pictures(Dataset data, Dataset queries)
    {
        _data = data;
        _queries = queries;
    }

    /// <summary>Opens the data of a run; null (with a message if that is surprising) where there is nothing to show.</summary>
    public static Pictures? TryOpen(RunRecord record, Output output)
    {
        if (record.Model.Objective == nameof(Objective.NextToken) || output.Screen.Profile.Capabilities.ColorSystem < ColorSystem.EightBit || output.Screen.Profile.Width < 60)
        {
            return null;
        }

        try
        {
            var config = Path.Combine(record.Spec.Model, "config.json");
            var input = File.Exists(config) ? InputSpec.From(ModelConfig.Read(config)) : null;
            var data = DatasetLoader.Open(record.Spec.Data, input, TargetKind.Class);
            if (data.Items.ItemShape.Length == 3 && data.Hash == record.Data.Hash)
            {
                return new Pictures(data, DatasetLoader.Open(record.Spec.Queries, input, TargetKind.Class));
            }

            data.Dispose();
        }
        catch (InputException error)
        {
            output.Messages.WriteLine($"No pictures: {error.Message}");
        }

        return null;
    }

    /// <summary>A training item.</summary>
    public IEnumerable<string> Item(int index) => Render(_data, index);

    /// <summary>A query.</summary>
    public IEnumerable<string> Query(int index) => Render(_queries, index);

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _queries.Dispose();
    }

    private static IEnumerable<string> Render(Dataset data, int index)
    {
        var shape = data.Items.ItemShape;
        var pixels = new byte[shape[0] * shape[1] * shape[2]];
        data.Items.Read(index, pixels);
        return HalfBlocks.Render(pixels, (int)shape[0], (int)shape[1], (int)shape[2], Columns);
    }
}
