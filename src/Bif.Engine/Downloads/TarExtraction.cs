using System.Formats.Tar;
using System.IO.Compression;

namespace Bif.Engine.Downloads;

/// <summary>
/// Takes named files out of a .tar.gz. The names on the disk are those that were asked for, never the archive's, so nothing can be
/// written elsewhere; links, devices and everything that was not asked for are passed over.
/// </summary>
internal static class TarExtraction
{
    private const int MostEntries = 10_000;

    /// <summary>Extracts.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="members">Paths in the archive; each is written under its last part.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="mostBytes">The most that the archive may hold, unpacked.</param>
    /// <param name="cancellation">Stops between entries.</param>
    /// <exception cref="InputException">It is damaged, too large, or lacks a file.</exception>
    public static void Extract(string archive, IReadOnlyList<string> members, string folder, long mostBytes, CancellationToken cancellation)
    {
        var missing = members.ToHashSet(StringComparer.Ordinal);
        try
        {
            using var stream = File.OpenRead(archive);
            using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
            using var reader = new TarReader(unpacked);
            var (bytes, entries) = (0L, 0);
            while (missing.Count > 0 && reader.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.Length < 0 || (bytes += entry.Length) > mostBytes || ++entries > MostEntries)
                {
                    throw new InputException($"{archive} unpacks to more than {mostBytes >> 20:N0} MiB or {MostEntries:N0} files, which no such archive has: nothing of it was kept.");
                }

                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && missing.Remove(entry.Name))
                {
                    using var target = new FileStream(Path.Combine(folder, Path.GetFileName(entry.Name)), FileMode.Create, FileAccess.Write);
                    entry.DataStream?.CopyTo(target);
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InputException($"{archive} is no sound .tar.gz ({error.Message.TrimEnd('.')}): fetch it again.", error);
        }

        if (missing.Count > 0)
        {
            throw new InputException($"{archive} lacks {string.Join(", ", missing.Order(StringComparer.Ordinal))}: it is not the archive that was expected.");
        }
    }
}
