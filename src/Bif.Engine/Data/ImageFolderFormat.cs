using Bif.Engine.Models;
using Bif.Kernels;

namespace Bif.Engine.Data;

/// <summary>A folder of class folders of JPEG, PNG or WebP files, decoded once to the size that the model takes.</summary>
internal static class ImageFolderFormat
{
    private const long MemoryLimit = 1L << 30;
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp"];
    private static readonly string[] SplitNames = ["train", "val", "valid", "validation", "test"];

    /// <summary>Reads the folder's slice; null where it holds no class folders with images.</summary>
    /// <param name="data">The folder, split and slice.</param>
    /// <param name="input">How the model takes images; null for images as they are.</param>
    /// <param name="memoryLimit">Decoded images up to here stay in memory; beyond it they are mapped from <paramref name="cache"/>.</param>
    /// <param name="cache">Where larger sets are kept; null: the user's.</param>
    public static RawDataset? TryOpen(DataPath data, InputSpec? input, long memoryLimit = MemoryLimit, DecodedImageCache? cache = null)
    {
        var (path, split) = (data.Path, data.Split);
        if (!Directory.Exists(path))
        {
            return null;
        }

        var splits = Directory.GetDirectories(path).Where(folder => SplitNames.Contains(Path.GetFileName(folder)))
            .ToDictionary(folder => Path.GetFileName(folder));
        var root = splits.Count > 0 ? SplitChoice.Choose(path, split, splits)
            : split is null ? path
            : throw new InputException($"{path} has no split \"{split}\": it has no folder of that name.");
        var classes = Directory.GetDirectories(root).Where(IsVisible).Order(StringComparer.Ordinal).ToArray();
        var files = classes.SelectMany(folder => Directory.GetFiles(folder).Where(IsImage).Order(StringComparer.Ordinal)
            .Select(file => (File: file, Folder: Path.GetFileName(folder)))).ToList();
        if (files.Count == 0)
        {
            return null;
        }

        var (indices, names) = Classes(classes, input);
        var channels = input?.Channels ?? 3;
        var size = input?.ImageSize is { } side ? (side, side) : Size(files[0].File);
        var shape = new long[] { channels, size.Item2, size.Item1 };

        // A hundred photographs of a million: no others are decoded.
        var (first, count) = data.Resolve(files.Count);
        files = files.GetRange(first, count);
        var itemBytes = RecordReader.ItemBytes(ElementType.UInt8, shape);
        string? refusal = null;
        RawMemory? memory;
        if ((long)files.Count * itemBytes <= memoryLimit)
        {
            memory = RawMemory.Allocate((long)files.Count * itemBytes);
            Decode(files, input, channels, itemBytes, memory);
        }
        else
        {
            memory = (cache ?? DecodedImageCache.OfUser).Open(
                [.. files.Select(entry => entry.File)],
                $"{string.Join('x', shape)} of {input?.ResizeSize ?? input?.ImageSize}",
                itemBytes,
                (index, destination) => Decode(files[index].File, input, channels, destination),
                out refusal);
        }

        IItemReader items = memory is null
            ? new DecodingReader([.. files.Select(entry => entry.File)], input, shape)
            : new RecordReader(memory, ElementType.UInt8, shape, files.Count, 0, itemBytes);
        return new RawDataset(
            refusal is null ? "image folder" : $"image folder, decoded at each access, which is slow: {refusal}",
            items,
            [.. files.Select(entry => indices[entry.Folder])],
            null,
            names,
            [.. files.Select(entry => Path.GetRelativePath(path, entry.File))],
            FirstOfSlice: first);
    }

    private static (int Width, int Height) Size(string file)
    {
        RegularFile.Require(file);
        try
        {
            return Images.Size(file);
        }
        catch (ImageException error)
        {
            throw new InputException(error.Message, error);
        }
    }

    /// <summary>Decodes one file as the model's configuration states.</summary>
    internal static void Decode(string file, InputSpec? input, int channels, Span<byte> destination)
    {
        RegularFile.Require(file);
        try
        {
            Images.Decode(file, channels, input?.ResizeSize ?? input?.ImageSize, input?.ImageSize, destination);
        }
        catch (ImageException error)
        {
            throw new InputException(
                input?.ImageSize is null ? error.Message + " Set image_size in config.json to bring all images to one size." : error.Message, error);
        }
    }

    private static void Decode(
        List<(string File, string Folder)> files, InputSpec? input, int channels, int itemBytes, RawMemory memory)
    {
        try
        {
            Parallel.For(0, files.Count, index => Decode(files[index].File, input, channels, memory.Span((long)index * itemBytes, itemBytes)));
        }
        catch (AggregateException error)
        {
            memory.Dispose();
            throw new InputException(error.InnerExceptions[0].Message, error);
        }
    }

    private static bool IsImage(string file) => IsVisible(file) && Extensions.Contains(Path.GetExtension(file).ToLowerInvariant());

    // Archives and notebooks leave hidden companions (._photo.jpg, .ipynb_checkpoints), which are no data.
    private static bool IsVisible(string path) => Path.GetFileName(path)[0] != '.';

    // Class indices are the order of the folders' names, unless a label file gives ids in class order (ImageNet).
    private static (Dictionary<string, int> Indices, IReadOnlyList<string> Names) Classes(string[] folders, InputSpec? input)
    {
        var ids = folders.Select(folder => Path.GetFileName(folder)).ToList();
        if (input?.LabelNamesFile is not { } file)
        {
            return (ids.Select((id, index) => (id, index)).ToDictionary(entry => entry.id, entry => entry.index), ids);
        }

        var lines = RegularFile.ReadLines(file).Where(line => line.Trim().Length > 0).Select(line => line.Trim().Split(' ', 2)).ToList();
        var byId = lines.Select((parts, index) => (parts[0], index)).DistinctBy(entry => entry.Item1).ToDictionary(entry => entry.Item1, entry => entry.index);
        foreach (var id in ids)
        {
            if (!byId.ContainsKey(id))
            {
                throw new InputException($"The class folder \"{id}\" is not in {file}: name the folders by its ids.");
            }
        }

        return (ids.ToDictionary(id => id, id => byId[id]), [.. lines.Select(parts => parts.Length > 1 ? parts[1] : parts[0])]);
    }

    // Decodes at each access: for folders too large for memory.
    private sealed class DecodingReader(string[] files, InputSpec? input, long[] shape) : IItemReader
    {
        public int Count => files.Length;

        public ElementType ElementType => ElementType.UInt8;

        public long[] ItemShape => shape;

        public void Read(int index, Span<byte> destination) => Decode(files[index], input, (int)shape[0], destination);

        public void Dispose()
        {
        }
    }
}
