using System.Numerics;
using System.Runtime.InteropServices;

namespace Bif.Engine.Traces;

/// <summary>The checksum of RFC 3720 (Castagnoli's polynomial), which Zarr's <c>crc32c</c> codec appends to a chunk.</summary>
internal static class Crc32C
{
    /// <summary>The checksum of all bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            checksum = BitOperations.Crc32C(checksum, word);
        }

        foreach (var value in bytes[(words.Length * sizeof(ulong))..])
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }

        return ~checksum;
    }
}
