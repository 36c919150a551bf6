namespace Bif.Engine.Data;

/// <summary>CIFAR's binary files: one or two label bytes, then 3,072 pixels as planes R, G, B of 32×32.</summary>
internal static class CifarFormat
{
    private const int Pixels = 3072;

    /// <summary>Reads the files of one split; null where the folder or file is no CIFAR data.</summary>
    public static RawDataset? TryOpen(string path, string? split)
    {
        if (File.Exists(path))
        {
            var name = Path.GetFileName(path);
            if (!name.EndsWith(".bin", StringComparison.Ordinal) && !name.EndsWith(".bin.gz", StringComparison.Ordinal))
            {
                return null;
            }

            SplitChoice.RequireNone(path, split);
            return Open([path], name.StartsWith("train", StringComparison.Ordinal) || name.StartsWith("test.", StringComparison.Ordinal) ? 2 : 1, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        var splits = new Dictionary<string, string[]>();
        foreach (var (name, pattern) in new[] { ("train", "data_batch_*.bin*"), ("test", "test_batch.bin*"), ("train", "train.bin*"), ("test", "test.bin*") })
        {
            var files = Directory.GetFiles(path, pattern).Where(IsData).Order(StringComparer.Ordinal).ToArray();
            if (files.Length > 0)
            {
                splits.TryAdd(name, files);
            }
        }

        if (splits.Count == 0)
        {
            return null;
        }

        var chosen = SplitChoice.Choose(path, split, splits);
        return Open(chosen, Path.GetFileName(chosen[0]).Contains("batch", StringComparison.Ordinal) ? 1 : 2, path);
    }

    // A compressed file beside the plain one holds the same records.
    private static bool IsData(string file) => file.EndsWith(".bin", StringComparison.Ordinal)
        || (file.EndsWith(".bin.gz", StringComparison.Ordinal) && !File.Exists(file[..^3]));

    private static RawDataset Open(string[] files, int labelBytes, string folder)
    {
        var classes = labelBytes == 1 ? 10 : 100;
        var record = labelBytes + Pixels;
        var labels = new List<int>();
        var parts = new List<IItemReader>();
        foreach (var file in files)
        {
            var memory = RawMemory.Open(file);
            if (memory.Length % record != 0)
            {
                throw new InputException(
                    $"{file} is truncated or no CIFAR file: its {memory.Length:N0} bytes are no multiple of a record's {record:N0}; fetch it again.");
            }

            var count = checked((int)(memory.Length / record));
            for (var index = 0; index < count; index++)
            {
                // CIFAR-100 stores the coarse label, then the fine one.
                int label = memory.Span(((long)index * record) + labelBytes - 1, 1)[0];
                labels.Add(label < classes
                    ? label
                    : throw new InputException($"{file}: record {index} has label {label}, but CIFAR-{classes} has the labels 0 to {classes - 1}."));
            }

            parts.Add(new RecordReader(memory, ElementType.UInt8, [3, 32, 32], count, labelBytes, record));
        }

        var names = Path.Combine(folder, labelBytes == 1 ? "batches.meta.txt" : "fine_label_names.txt");
        return new RawDataset(
            $"CIFAR-{classes} binaries",
            parts.Count == 1 ? parts[0] : new JoinedReader(parts),
            [.. labels],
            null,
            File.Exists(names) ? [.. RegularFile.ReadLines(names).Select(line => line.Trim()).Where(line => line.Length > 0)] : null);
    }
}
