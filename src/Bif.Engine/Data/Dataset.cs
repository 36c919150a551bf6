namespace Bif.Engine.Data;

/// <summary>Items with their targets, as they lie on disk; identified by the hash of what they contain.</summary>
public sealed class Dataset : IDisposable
{
    /// <summary>The raw inputs.</summary>
    public required IItemReader Items { get; init; }

    /// <summary>The path as the person gave it, with split and slice.</summary>
    public required string Path { get; init; }

    /// <summary>What kind of data lies there, in words ("CIFAR-10 binaries").</summary>
    public required string Format { get; init; }

    /// <summary>SHA-256 (lower-case hex) over element type, shapes, inputs and targets of exactly these items.</summary>
    public required string Hash { get; init; }

    /// <summary>Class index of each item; null for regression and text.</summary>
    public int[]? Labels { get; init; }

    /// <summary>Target of each item; null for classification and text.</summary>
    public float[]? Targets { get; init; }

    /// <summary>The texts, where the items are texts; then there are neither labels nor targets.</summary>
    public TextItems? Text { get; init; }

    /// <summary>Names of the classes by index, where known.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>A name for each item (its file), or null where items have only their index.</summary>
    public IReadOnlyList<string>? ItemNames { get; init; }

    /// <summary>Index of the first item in the unsliced data, so that item j here is item FirstIndex + j there.</summary>
    public int FirstIndex { get; init; }

    /// <summary>Number of items.</summary>
    public int Count => Items.Count;

    /// <summary>Some texts of these by index, as a dataset with the same name.</summary>
    public Dataset PickTexts(IReadOnlyList<int> items)
    {
        var text = Text!.Pick(items);
        return new Dataset { Items = new TokenReader(text), Path = Path, Format = Format, Hash = Hash, Text = text };
    }

    /// <inheritdoc/>
    public void Dispose() => Items.Dispose();
}
