namespace Bif.Engine.Traces;

/// <summary>Files that a reader sees whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>
    /// Writes both parts to <c>path.part</c>, (1) forces them to the disk, (2) renames. A crash before (2) leaves the old
    /// state and a .part file that the next attempt overwrites; a crash after it leaves the new file with its content.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<byte> content, ReadOnlySpan<byte> trailer)
    {
        using (var stream = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            stream.Write(content);
            if (!trailer.IsEmpty)
            {
                stream.Write(trailer);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path, overwrite: true);
    }
}
