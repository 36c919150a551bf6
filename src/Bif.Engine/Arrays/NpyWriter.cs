using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bif.Engine.Arrays;

/// <summary>
/// Writes a matrix [row, column] to a .npy file piece by piece, in any order and from several threads. The file has its
/// name only after <see cref="Complete"/>; without it, disposing leaves nothing behind.
/// </summary>
public sealed class NpyWriter<T> : IDisposable where T : unmanaged
{
    // Many small writes cost more than the data: a matrix up to this size is collected in memory and written at once. The
    // memory is shared with later writers, since first use of fresh pages costs as much as the copy.
    private const long CollectedBytes = 8 << 20;
    private readonly int _count;
    private T[]? _collected;
    private readonly string _path;
    private readonly long _rows;
    private readonly long _columns;
    private readonly long _start;
    private readonly SafeFileHandle _file;
    private bool _completed;

    /// <summary>Creates the file beside its final name. Every element must be written before it is complete.</summary>
    public unsafe NpyWriter(string path, long rows, long columns)
    {
        var header = NpyHeader.Encode<T>([rows, columns]);
        (_path, _rows, _columns, _start) = (path, rows, columns, header.Length);
        _file = File.OpenHandle(path + ".part", FileMode.Create, FileAccess.ReadWrite);
        RandomAccess.Write(_file, header, 0);
        if (rows * columns * sizeof(T) <= CollectedBytes)
        {
            _count = (int)(rows * columns);
            _collected = ArrayPool<T>.Shared.Rent(_count);
        }
        else
        {
            RandomAccess.SetLength(_file, Offset(rows, 0));
        }
    }

    /// <summary>Writes consecutive elements of one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column; the values must end within the row.</param>
    /// <param name="values">The elements.</param>
    public void Write(long row, long column, ReadOnlySpan<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)row, (ulong)_rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(column + values.Length, _columns, nameof(column));
        if (_collected is not null)
        {
            values.CopyTo(_collected.AsSpan((int)((row * _columns) + column)));
            return;
        }

        RandomAccess.Write(_file, MemoryMarshal.AsBytes(values), Offset(row, column));
    }

    /// <summary>Gives the file its name; a reader sees the old file or the whole new one.</summary>
    public void Complete()
    {
        if (_collected is not null)
        {
            RandomAccess.Write(_file, MemoryMarshal.AsBytes(_collected.AsSpan(0, _count)), Offset(0, 0));
        }

        _file.Dispose();
        File.Move(_path + ".part", _path, overwrite: true);
        _completed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (_collected is { } shared)
        {
            _collected = null;
            ArrayPool<T>.Shared.Return(shared);
        }

        if (!_completed)
        {
            File.Delete(_path + ".part");
        }
    }

    private unsafe long Offset(long row, long column) => _start + (((row * _columns) + column) * sizeof(T));
}
