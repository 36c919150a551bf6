using Bif.Native;

namespace TorchSharp;

/// <summary>A number given to an operator, keeping whether it is whole, real or a truth value.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar(torch.ScalarType type, ValueKind kind, long bits)
    {
        Type = type;
        Kind = kind;
        Bits = bits;
    }

    /// <summary>The type it was made from.</summary>
    public torch.ScalarType Type { get; }

    internal ValueKind Kind { get; }

    internal long Bits { get; }

    public static implicit operator Scalar(byte value) => new(torch.ScalarType.Byte, ValueKind.Integer, value);

    public static implicit operator Scalar(sbyte value) => new(torch.ScalarType.Int8, ValueKind.Integer, value);

    public static implicit operator Scalar(short value) => new(torch.ScalarType.Int16, ValueKind.Integer, value);

    public static implicit operator Scalar(int value) => new(torch.ScalarType.Int32, ValueKind.Integer, value);

    public static implicit operator Scalar(long value) => new(torch.ScalarType.Int64, ValueKind.Integer, value);

    public static implicit operator Scalar(Half value) => Real(torch.ScalarType.Float16, (double)value);

    public static implicit operator Scalar(float value) => Real(torch.ScalarType.Float32, value);

    public static implicit operator Scalar(double value) => Real(torch.ScalarType.Float64, value);

    public static implicit operator Scalar(bool value) => new(torch.ScalarType.Bool, ValueKind.Boolean, value ? 1 : 0);

    /// <summary>Nothing to release here; the package's scalars own native memory.</summary>
    public void Dispose()
    {
    }

    private static Scalar Real(torch.ScalarType type, double value) => new(type, ValueKind.Real, BitConverter.DoubleToInt64Bits(value));
}
