using Bif.Native;

namespace TorchSharp;

/// <summary>A number given to an operator, keeping whether it is whole, real or a truth value.</summary>
public readonly struct Scalar
{
    private readonly long _bits;
    private readonly ValueKind _kind;

    private Scalar(ValueKind kind, long bits)
    {
        _kind = kind;
        _bits = bits;
    }

    public static implicit operator Scalar(int value) => new(ValueKind.Integer, value);

    public static implicit operator Scalar(long value) => new(ValueKind.Integer, value);

    public static implicit operator Scalar(byte value) => new(ValueKind.Integer, value);

    public static implicit operator Scalar(float value) => new(ValueKind.Real, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Scalar(double value) => new(ValueKind.Real, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Scalar(bool value) => new(ValueKind.Boolean, value ? 1 : 0);

    internal Argument ToArgument() => _kind switch
    {
        ValueKind.Integer => _bits,
        ValueKind.Boolean => _bits != 0,
        _ => BitConverter.Int64BitsToDouble(_bits),
    };
}
