using Bif.Engine.Models;

namespace Bif.Engine.Data;

/// <summary>Opens data by what lies at its path.</summary>
public static class DatasetLoader
{
    /// <summary>Opens a data path.</summary>
    /// <param name="text">PATH[@SPLIT][[A:B]].</param>
    /// <param name="input">How the model takes its inputs; null for data as it is.</param>
    /// <param name="target">What the last column of a table means.</param>
    /// <exception cref="InputException">Missing, damaged or unknown data, or a bad slice.</exception>
    public static Dataset Open(string text, InputSpec? input = null, TargetKind target = TargetKind.Number)
    {
        var path = DataPath.Parse(text);
        if (!File.Exists(path.Path) && !Directory.Exists(path.Path))
        {
            throw new InputException($"There is no {path.Path}: the data path \"{text}\" names neither a file nor a folder.");
        }

        var raw = TextFormat.TryOpen(path.Path, path.Split, input?.Text)
            ?? CifarFormat.TryOpen(path.Path, path.Split)
            ?? IdxFormat.TryOpen(path.Path, path.Split)
            ?? CsvFormat.TryOpen(path.Path, path.Split, target)
            ?? ImageFolderFormat.TryOpen(path, input)
            ?? throw new InputException(
                $"{path.Path} holds no data that is known here: CIFAR binaries, IDX files, a folder of class folders of images, a .csv, or text (.txt, .jsonl, .tsv).");
        try
        {
            return raw.Slice(path);
        }
        catch
        {
            raw.Items.Dispose();
            throw;
        }
    }
}
