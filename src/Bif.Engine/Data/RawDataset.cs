using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Bif.Engine.Data;

/// <summary>What a format reads before the content is hashed, and the slice taken unless <see cref="FirstOfSlice"/> says that it was.</summary>
internal sealed record RawDataset(
    string Format,
    IItemReader Items,
    int[]? Labels,
    float[]? Targets,
    IReadOnlyList<string>? ClassNames = null,
    IReadOnlyList<string>? ItemNames = null,
    TextItems? Text = null,
    int? FirstOfSlice = null)
{
    /// <summary>Takes the slice of the path and identifies what is left.</summary>
    public Dataset Slice(DataPath path)
    {
        var (start, count) = FirstOfSlice is null ? path.Resolve(Items.Count) : (0, Items.Count);
        var text = Text?.Slice(start, count);
        var items = text is not null ? new TokenReader(text) : count == Items.Count ? Items : new SlicedReader(Items, start, count);
        var labels = Labels?[start..(start + count)];
        var targets = Targets?[start..(start + count)];
        return new Dataset
        {
            Items = items,
            Path = path.Text,
            Format = Format,
            Hash = HashOf(items, labels, targets),
            Labels = labels,
            Targets = targets,
            Text = text,
            ClassNames = ClassNames,
            ItemNames = ItemNames?.Skip(start).Take(count).ToArray(),
            FirstIndex = FirstOfSlice ?? start,
        };
    }

    private static string HashOf(IItemReader items, int[]? labels, float[]? targets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{items.ElementType} [{string.Join(',', items.ItemShape)}] x {items.Count}\n"));
        var item = new byte[RecordReader.ItemBytes(items.ElementType, items.ItemShape)];
        for (var index = 0; index < items.Count; index++)
        {
            items.Read(index, item);
            hash.AppendData(item);
        }

        hash.AppendData(labels is null ? MemoryMarshal.AsBytes<float>(targets) : MemoryMarshal.AsBytes<int>(labels));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
