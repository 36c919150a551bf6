using System.IO.Compression;

namespace Bif.Engine.Checkpoints;

/// <summary>
/// Checks the CRC-32 that a zip archive states of each of its files, which libtorch does not: a checkpoint with a flipped
/// bit would be read as other weights.
/// </summary>
internal static class ZipChecksums
{
    private const uint Polynomial = 0xEDB88320;
    private const int Slices = 8;
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>Refuses an archive whose content was damaged. One that is no zip archive is for its reader to refuse.</summary>
    /// <param name="file">The archive.</param>
    /// <exception cref="InputException">Names the file within whose bytes are not those that were written.</exception>
    public static void Require(string file)
    {
        try
        {
            using var archive = ZipFile.OpenRead(file);
            var buffer = new byte[1 << 20];
            foreach (var entry in archive.Entries)
            {
                // torch.save can be told to leave checksums out, and then writes zero.
                if (entry.Crc32 != 0 && ChecksumOf(entry, buffer) != entry.Crc32)
                {
                    throw new InputException($"{file} is damaged: the checksum of {entry.FullName} in it does not match; fetch or save it again.");
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            // Its reader says what it cannot read.
        }
    }

    /// <summary>The CRC-32 of IEEE 802.3, as zip archives have it.</summary>
    internal static uint Compute(ReadOnlySpan<byte> bytes) => ~Add(uint.MaxValue, bytes);

    private static uint ChecksumOf(ZipArchiveEntry entry, byte[] buffer)
    {
        using var content = entry.Open();
        var checksum = uint.MaxValue;
        while (content.Read(buffer) is > 0 and var read)
        {
            checksum = Add(checksum, buffer.AsSpan(0, read));
        }

        return ~checksum;
    }

    // Eight bytes at a time: a byte's share of the remainder depends on how many follow it.
    private static uint Add(uint checksum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= Slices)
        {
            var low = checksum ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            checksum = Tables[7][low & 0xFF] ^ Tables[6][(low >> 8) & 0xFF] ^ Tables[5][(low >> 16) & 0xFF] ^ Tables[4][low >> 24]
                ^ Tables[3][high & 0xFF] ^ Tables[2][(high >> 8) & 0xFF] ^ Tables[1][(high >> 16) & 0xFF] ^ Tables[0][high >> 24];
            bytes = bytes[Slices..];
        }

        foreach (var value in bytes)
        {
            checksum = Tables[0][(checksum ^ value) & 0xFF] ^ (checksum >> 8);
        }

        return checksum;
    }

    private static uint[][] MakeTables()
    {
        var tables = Enumerable.Range(0, Slices).Select(_ => new uint[256]).ToArray();
        for (var value = 0u; value < 256; value++)
        {
            var rest = value;
            for (var bit = 0; bit < 8; bit++)
            {
                rest = (rest & 1) != 0 ? (rest >> 1) ^ Polynomial : rest >> 1;
            }

            tables[0][value] = rest;
        }

        for (var slice = 1; slice < Slices; slice++)
        {
            for (var value = 0; value < 256; value++)
            {
                tables[slice][value] = (tables[slice - 1][value] >> 8) ^ tables[0][tables[slice - 1][value] & 0xFF];
            }
        }

        return tables;
    }
}
