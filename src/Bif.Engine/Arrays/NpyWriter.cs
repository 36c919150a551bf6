using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bif.Engine.Arrays;

/// <summary>
/// Writes a matrix [row, column] to a .npy file piece by piece, in any order and from several threads. The file has its
/// name only after <see cref="Complete"/>; without it, disposing leaves nothing behind.
/// </summary>
public sealed class NpyWriter<T> : IDisposable where T : unmanaged
{
    private readonly string _path;
    private readonly long _rows;
    private readonly long _columns;
    private readonly long _start;
    private readonly SafeFileHandle _file;
    private bool _completed;

    /// <summary>Creates the file beside its final name, at its full length, filled with zeros.</summary>
    public NpyWriter(string path, long rows, long columns)
    {
        var header = NpyHeader.Encode<T>([rows, columns]);
        (_path, _rows, _columns, _start) = (path, rows, columns, header.Length);
        _file = File.OpenHandle(path + ".part", FileMode.Create, FileAccess.ReadWrite);
        RandomAccess.Write(_file, header, 0);
        RandomAccess.SetLength(_file, Offset(rows, 0));
    }

    /// <summary>Writes consecutive elements of one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column; the values must end within the row.</param>
    /// <param name="values">The elements.</param>
    public void Write(long row, long column, ReadOnlySpan<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)row, (ulong)_rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(column + values.Length, _columns, nameof(column));
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(values), Offset(row, column));
    }

    /// <summary>Gives the file its name; a reader sees the old file or the whole new one.</summary>
    public void Complete()
    {
        _file.Dispose();
        File.Move(_path + ".part", _path, overwrite: true);
        _completed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (!_completed)
        {
            File.Delete(_path + ".part");
        }
    }

    private unsafe long Offset(long row, long column) => _start + (((row * _columns) + column) * sizeof(T));
}
