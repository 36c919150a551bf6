namespace TorchSharp;

/// <summary>Which C# type holds an element of which tensor type.</summary>
internal static class ElementTypes
{
    /// <summary>The tensor type of a C# type.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static torch.ScalarType Of<T>() => Of(typeof(T));

    /// <inheritdoc cref="Of{T}"/>
    public static torch.ScalarType Of(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => torch.ScalarType.Byte,
        TypeCode.SByte => torch.ScalarType.Int8,
        TypeCode.Int16 => torch.ScalarType.Int16,
        TypeCode.Int32 => torch.ScalarType.Int32,
        TypeCode.Int64 => torch.ScalarType.Int64,
        TypeCode.Single => torch.ScalarType.Float32,
        TypeCode.Double => torch.ScalarType.Float64,
        TypeCode.Boolean => torch.ScalarType.Bool,
        _ when type == typeof(Half) => torch.ScalarType.Float16,
        _ => throw new NotSupportedException($"{type.Name} is no element type of tensors."),
    };

    /// <summary>Bytes of one element.</summary>
    public static int Size(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Bool => 1,
        torch.ScalarType.Int16 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 => 2,
        torch.ScalarType.Int32 or torch.ScalarType.Float32 => 4,
        torch.ScalarType.Int64 or torch.ScalarType.Float64 or torch.ScalarType.ComplexFloat32 => 8,
        torch.ScalarType.ComplexFloat64 => 16,
        _ => throw new NotSupportedException($"Tensors of type {type} are not supported."),
    };
}
