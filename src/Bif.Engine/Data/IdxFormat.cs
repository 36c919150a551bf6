using System.Buffers.Binary;

namespace Bif.Engine.Data;

/// <summary>IDX files (MNIST): big-endian magic and dimensions, then bytes.</summary>
internal static class IdxFormat
{
    /// <summary>Reads images with their labels; null where the folder or file is no IDX data.</summary>
    public static RawDataset? TryOpen(string path, string? split)
    {
        if (File.Exists(path))
        {
            if (!IsImages(path))
            {
                return null;
            }

            SplitChoice.RequireNone(path, split);
            return Open(path);
        }

        var images = Directory.GetFiles(path).Where(IsImages).Order(StringComparer.Ordinal);
        var splits = images.GroupBy(file => Path.GetFileName(file).Split('-')[0] switch { "t10k" => "test", var name => name })
            .ToDictionary(group => group.Key, group => group.First());
        return splits.Count == 0 ? null : Open(SplitChoice.Choose(path, split, splits));
    }

    private static bool IsImages(string file)
        => Path.GetFileName(file) is var name && name.Contains("-images", StringComparison.Ordinal) && name.Contains("idx3", StringComparison.Ordinal);

    private static RawDataset Open(string imageFile)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(imageFile))!;
        var stem = Path.GetFileName(imageFile).Split("-images")[0];
        var labelFile = Directory.GetFiles(folder, stem + "-labels*idx1*").Order(StringComparer.Ordinal).FirstOrDefault()
            ?? throw new InputException($"There are no labels beside {imageFile}: {stem}-labels-idx1-ubyte is missing.");
        var images = RawMemory.Open(imageFile);
        var size = Header(images, imageFile, dimensions: 3);
        using var labels = RawMemory.Open(labelFile);
        var count = Header(labels, labelFile, dimensions: 1)[0];
        if (count != size[0])
        {
            throw new InputException($"{imageFile} has {size[0]:N0} images but {labelFile} has {count:N0} labels: fetch both again.");
        }

        return new RawDataset(
            "IDX",
            new RecordReader(images, ElementType.UInt8, [1, size[1], size[2]], size[0], 16, (long)size[1] * size[2]),
            [.. labels.Span(8, count).ToArray().Select(label => (int)label)],
            null);
    }

    private static int[] Header(RawMemory memory, string file, int dimensions)
    {
        var length = 4 + (4 * dimensions);
        var header = memory.Length < length ? [] : memory.Span(0, length).ToArray();
        if (header.Length == 0 || BinaryPrimitives.ReadInt32BigEndian(header) != 0x0800 + dimensions)
        {
            throw new InputException(
                $"{file} is no IDX file of {dimensions}-dimensional bytes: it should start with the magic number 0x{0x0800 + dimensions:x8}.");
        }

        var sizes = Enumerable.Range(1, dimensions).Select(index => BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 * index))).ToArray();
        if (sizes.Any(each => each <= 0))
        {
            throw new InputException($"{file} holds nothing or is damaged: its header gives the sizes {string.Join("×", sizes)}; fetch it again.");
        }

        var expected = length + sizes.Aggregate(1.0, (product, each) => product * each);
        return memory.Length == expected
            ? sizes
            : throw new InputException($"{file} is truncated or damaged: its header promises {expected:N0} bytes, it has {memory.Length:N0}.");
    }
}
