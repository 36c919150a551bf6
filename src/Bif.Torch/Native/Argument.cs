using TorchSharp;

namespace Bif.Native;

/// <summary>One argument of an operator call, before it is laid out for the native side.</summary>
internal readonly struct Argument
{
    private Argument(ValueKind kind, long payload, object? reference)
    {
        Kind = kind;
        Payload = payload;
        Reference = reference;
    }

    /// <summary>Leaves the argument to the operator's default.</summary>
    public static Argument Default { get; } = new(ValueKind.Default, 0, null);

    /// <summary>An absent optional argument.</summary>
    public static Argument None { get; }

    public ValueKind Kind { get; }

    public long Payload { get; }

    public object? Reference { get; }

    public static implicit operator Argument(torch.Tensor? tensor) => tensor is null ? default : new(ValueKind.Tensor, 0, tensor);

    public static implicit operator Argument(long value) => new(ValueKind.Integer, value, null);

    public static implicit operator Argument(long? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(double value) => new(ValueKind.Real, BitConverter.DoubleToInt64Bits(value), null);

    public static implicit operator Argument(double? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(bool value) => new(ValueKind.Boolean, value ? 1 : 0, null);

    public static implicit operator Argument(bool? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(long[]? values) => values is null ? default : new(ValueKind.Integers, 0, values);

    public static implicit operator Argument(double[]? values) => values is null ? default : new(ValueKind.Reals, 0, values);

    public static implicit operator Argument(torch.Tensor[] tensors) => new(ValueKind.Tensors, 0, tensors);

    public static implicit operator Argument(torch.ScalarType type) => (long)type;

    public static implicit operator Argument(torch.ScalarType? type) => type is { } given ? (long)given : default(Argument);

    public static implicit operator Argument(torch.Device? device) => device is null ? default : new(ValueKind.Device, (long)device.type, device);

    public static implicit operator Argument(torch.Generator? generator) => generator is null ? default : new(ValueKind.Generator, 0, generator);

    public static implicit operator Argument(string? text) => text is null ? default : new(ValueKind.Text, 0, text);

    public static implicit operator Argument(Scalar? scalar) => scalar is null ? default : new(scalar.Kind, scalar.Bits, null);

    /// <summary>A list of tensors of which some may be absent.</summary>
    public static Argument Optional(torch.Tensor?[] tensors) => new(ValueKind.OptionalTensors, 0, tensors);
}
