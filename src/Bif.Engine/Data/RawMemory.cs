using System.IO.Compression;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Bif.Engine.Data;

/// <summary>Bytes outside the managed heap: a memory-mapped file, or allocated and filled once.</summary>
internal sealed unsafe class RawMemory : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _pointer;

    private RawMemory(byte* pointer, long length)
    {
        _pointer = pointer;
        Length = length;
    }

    private RawMemory(string path, long length)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
        _pointer += _view.PointerOffset;
        Length = length;
    }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a file, or decompresses it into memory when its name ends in .gz.</summary>
    /// <exception cref="InputException">Missing, empty, unreadable or damaged.</exception>
    public static RawMemory Open(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length == 0)
            {
                throw new InputException($"{path} is empty: fetch it again.");
            }

            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Decompress(path) : new RawMemory(path, length);
        }
        catch (InvalidDataException error)
        {
            throw new InputException($"{path} is damaged or truncated (gzip): fetch it again.", error);
        }
        catch (FileNotFoundException error)
        {
            throw new InputException($"There is no {path}.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Allocates bytes to be filled through <see cref="Span"/>.</summary>
    public static RawMemory Allocate(long length) => new((byte*)NativeMemory.Alloc((nuint)length), length);

    /// <summary>A part of the bytes.</summary>
    public Span<byte> Span(long offset, int length) => offset < 0 || offset + length > Length
        ? throw new ArgumentOutOfRangeException(nameof(offset))
        : new Span<byte>(_pointer + offset, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pointer is null)
        {
            return;
        }

        if (_view is null)
        {
            NativeMemory.Free(_pointer);
        }
        else
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }

        _pointer = null;
        GC.SuppressFinalize(this);
    }

    private static RawMemory Decompress(string path)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var parts = new List<byte[]>();
        long length = 0;
        while (true)
        {
            var part = new byte[1 << 20];
            var read = stream.ReadAtLeast(part, part.Length, throwOnEndOfStream: false);
            parts.Add(read == part.Length ? part : part[..read]);
            length += read;
            if (read < part.Length)
            {
                break;
            }
        }

        RequireWholeGzip(path, length);
        var memory = Allocate(length);
        long offset = 0;
        foreach (var part in parts)
        {
            part.CopyTo(memory.Span(offset, part.Length));
            offset += part.Length;
        }

        return memory;
    }

    // .NET ends quietly where a gzip stream is cut: the length in its last four bytes tells.
    private static void RequireWholeGzip(string path, long length)
    {
        using var file = File.OpenRead(path);
        Span<byte> tail = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(tail);
        if (BitConverter.ToUInt32(tail) != (uint)length)
        {
            throw new InputException($"{path} is truncated (gzip): fetch it again.");
        }
    }
}
