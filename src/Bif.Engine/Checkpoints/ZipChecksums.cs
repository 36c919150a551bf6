using System.IO.Compression;
using System.IO.Hashing;

namespace Bif.Engine.Checkpoints;

/// <summary>
/// Checks the CRC-32 that a zip archive states of each of its files, which libtorch does not: a checkpoint with a flipped
/// bit would be read as other weights.
/// </summary>
internal static class ZipChecksums
{
    /// <summary>Refuses an archive whose content was damaged. One that is no zip archive is for its reader to refuse.</summary>
    /// <param name="file">The archive.</param>
    /// <exception cref="InputException">Names the file within whose bytes are not those that were written.</exception>
    public static void Require(string file)
    {
        try
        {
            using var archive = ZipFile.OpenRead(file);
            foreach (var entry in archive.Entries)
            {
                // torch.save can be told to leave checksums out, and then writes zero.
                if (entry.Crc32 != 0 && ChecksumOf(entry) != entry.Crc32)
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

    private static uint ChecksumOf(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var checksum = new Crc32();
        checksum.Append(content);
        return checksum.GetCurrentHashAsUInt32();
    }
}
