namespace Bif.Data.Entities;

/// <summary>A checkpoint that people can choose.</summary>
public sealed class RegisteredModel
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>Its folder or file, under a configured root.</summary>
    public required string Path { get; set; }

    /// <summary>The model_type of its configuration.</summary>
    public required string ModelType { get; set; }

    /// <summary>When it was registered.</summary>
    public DateTime CreatedAt { get; set; }
}

/// <summary>Data that people can choose.</summary>
public sealed class RegisteredDataset
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>PATH or PATH@SPLIT, under a configured root.</summary>
    public required string Path { get; set; }

    /// <summary>What lies there, in words.</summary>
    public required string Format { get; set; }

    /// <summary>Number of items.</summary>
    public int Items { get; set; }

    /// <summary>When it was registered.</summary>
    public DateTime CreatedAt { get; set; }
}
