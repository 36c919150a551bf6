using System.Security.Cryptography;
using System.Text;

namespace Bif.Engine.Data;

/// <summary>
/// Decoded images of folders too large for memory: one file of pixels per set of images and preprocessing, mapped into memory.
/// Named by the hash of what it is made from, so that it is never stale; removable at any time; the least recently used go
/// when all together would pass the bound.
/// </summary>
/// <param name="folder">Where the files lie.</param>
/// <param name="mostBytes">The bound.</param>
internal sealed class DecodedImageCache(string folder, long mostBytes = 64L << 30)
{
    private const int ImagesAtATime = 256;
    private const string Extension = ".pixels";

    /// <summary>The user's cache: <c>$XDG_CACHE_HOME/bif/images</c>, or <c>~/.cache/bif/images</c>.</summary>
    public static DecodedImageCache OfUser { get; } = new(Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "bif",
        "images"));

    /// <summary>The pixels of all images, decoded now or earlier; null (and why not) where they cannot be kept.</summary>
    /// <param name="files">The images in order.</param>
    /// <param name="preprocessing">Everything beside the files that the pixels depend on.</param>
    /// <param name="itemBytes">Bytes of one decoded image.</param>
    /// <param name="decode">Decodes one image; called from several threads.</param>
    /// <param name="refusal">Why there is no file, in words.</param>
    /// <exception cref="InputException">An image cannot be read.</exception>
    public RawMemory? Open(IReadOnlyList<string> files, string preprocessing, int itemBytes, ItemDecoder decode, out string? refusal)
    {
        refusal = null;
        var bytes = (long)files.Count * itemBytes;
        var path = Path.Combine(folder, KeyOf(files, preprocessing) + Extension);
        var part = $"{path}.{Environment.ProcessId}.part";
        try
        {
            if (new FileInfo(path) is not { Exists: true } there || there.Length != bytes)
            {
                if (!HasRoom(bytes))
                {
                    refusal = $"{folder} has no room for {bytes / (double)(1 << 30):N1} GiB of decoded images";
                    return null;
                }

                Write(part, files.Count, itemBytes, decode);

                // A reader sees the whole file or none; two writers of the same images write the same.
                File.Move(part, path, overwrite: true);
            }

            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return RawMemory.Open(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            refusal = $"{folder} cannot be written ({error.Message})";
            return null;
        }
        finally
        {
            Remove(part);
        }
    }

    private static string KeyOf(IReadOnlyList<string> files, string preprocessing)
    {
        var hashes = new byte[files.Count][];
        Each(files.Count, index => hashes[index] = HashOf(files[index]));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(preprocessing + "\n"));
        Array.ForEach(hashes, hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] HashOf(string file)
    {
        using var stream = RegularFile.Read(file, File.OpenRead);
        return SHA256.HashData(stream);
    }

    private static void Write(string part, int count, int itemBytes, ItemDecoder decode)
    {
        var buffer = new byte[Math.Min(count, ImagesAtATime)][];
        using var stream = new FileStream(part, FileMode.Create, FileAccess.Write);
        for (var first = 0; first < count; first += ImagesAtATime)
        {
            var these = Math.Min(ImagesAtATime, count - first);
            Each(these, index => decode(first + index, buffer[index] ??= new byte[itemBytes]));
            for (var index = 0; index < these; index++)
            {
                stream.Write(buffer[index]);
            }
        }

        stream.Flush(flushToDisk: true);
    }

    // The first error of any thread, as itself.
    private static void Each(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, work);
        }
        catch (AggregateException error) when (error.InnerExceptions[0] is InputException first)
        {
            throw new InputException(first.Message, error);
        }
    }

    // Also on the disk, of which a twentieth stays free.
    private bool HasRoom(long bytes)
    {
        Directory.CreateDirectory(folder);
        var files = new DirectoryInfo(folder).GetFiles("*" + Extension).OrderByDescending(file => file.LastWriteTimeUtc).ToList();
        while (files.Count > 0 && bytes + files.Sum(file => file.Length) > mostBytes)
        {
            // A run that still maps the file keeps its pixels until it ends.
            Remove(files[^1].FullName);
            files.RemoveAt(files.Count - 1);
        }

        var drive = new DriveInfo(Path.GetFullPath(folder));
        return bytes <= mostBytes && drive.AvailableFreeSpace - bytes > drive.TotalSize / 20;
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another process removed it, or its folder was never there.
        }
    }
}

/// <summary>Decodes item <paramref name="index"/> into a buffer of exactly its size.</summary>
internal delegate void ItemDecoder(int index, Span<byte> destination);
