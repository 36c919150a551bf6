using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Bif.Engine.Data;

/// <summary>Bytes outside the managed heap: a memory-mapped file, or allocated and filled once.</summary>
internal sealed unsafe class RawMemory : IDisposable
{
    // A gzip file has a header of 10 bytes, a block of at least 2 and a trailer of 8; deflate packs at most 1,032 bytes into one.
    private const int SmallestGzip = 20;
    private const long MostGzipRatio = 1032;
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
            return RegularFile.Read(
                path, static path => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Decompress(path) : new RawMemory(path, RegularFile.Length(path)));
        }
        catch (InvalidDataException error)
        {
            throw new InputException($"{path} is damaged or truncated (gzip): fetch it again.", error);
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

    // Read straight into its place: what lies about its size can cost neither much memory nor a crash.
    private static RawMemory Decompress(string path)
    {
        using var file = File.OpenRead(path);
        var stated = StatedLength(file, path);
        using var stream = new GZipStream(file, CompressionMode.Decompress);
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var length = 0L;

        // One byte more, so that the end is seen without growing.
        var capacity = Math.Min(stated, MostGzipRatio * file.Length) + 1;
        var pointer = (byte*)NativeMemory.Alloc((nuint)capacity);
        try
        {
            while (true)
            {
                if (length == capacity)
                {
                    capacity = Math.Min(2 * capacity, limit);
                    if (length == capacity)
                    {
                        throw new InputException($"{path} decompresses to more than this machine's memory: decompress it on the disk.");
                    }

                    pointer = (byte*)NativeMemory.Realloc(pointer, (nuint)capacity);
                }

                var read = stream.Read(new Span<byte>(pointer + length, (int)Math.Min(capacity - length, 1 << 20)));
                length += read;
                if (read == 0)
                {
                    break;
                }
            }

            // .NET ends quietly where a gzip stream is cut: the length in its last four bytes tells.
            return (uint)length != stated
                ? throw new InputException($"{path} is truncated, or is not one whole gzip stream: fetch it again, or decompress it.")
                : length == 0 ? throw new InputException($"{path} holds nothing: fetch it again.")
                : new RawMemory(pointer, length);
        }
        catch
        {
            NativeMemory.Free(pointer);
            throw;
        }
    }

    // Modulo 2³², as the format has it.
    private static long StatedLength(FileStream file, string path)
    {
        if (file.Length < SmallestGzip)
        {
            throw new InputException($"{path} is truncated (gzip): fetch it again.");
        }

        Span<byte> tail = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(tail);
        file.Seek(0, SeekOrigin.Begin);
        return BinaryPrimitives.ReadUInt32LittleEndian(tail);
    }
}
