using System.Runtime.InteropServices;

namespace Bif.Data.Storage;

/// <summary>Vectors as the database holds them: float32, little-endian, which is what these processors use.</summary>
public static class Floats
{
    /// <summary>The bytes of a vector.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values).ToArray();

    /// <summary>The vector in bytes.</summary>
    public static float[] FromBytes(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
