namespace Bif.Engine.Checkpoints;

/// <summary>Named tensors of a checkpoint, read as float32.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>All names.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>The shape of a tensor.</summary>
    long[] Shape(string name);

    /// <summary>Whether a tensor is stored as floating-point numbers, as parameters are.</summary>
    bool IsFloatingPoint(string name);

    /// <summary>Copies a tensor, row-major, into exactly its number of elements.</summary>
    void ReadFloat32(string name, Span<float> destination);
}
