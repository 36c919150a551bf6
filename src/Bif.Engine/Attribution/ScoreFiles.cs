using System.Runtime.InteropServices;
using Bif.Engine.Arrays;

namespace Bif.Engine.Attribution;

/// <summary>The score matrices [query, item] of a run, written tile by tile and published together.</summary>
internal sealed class ScoreFiles : IDisposable
{
    /// <summary>−covariance, nats², negative = helpful.</summary>
    public const string Bif = "bif";

    /// <summary>Standard error of <see cref="Bif"/>.</summary>
    public const string BifError = "bif_se";

    /// <summary>Posterior correlation, positive = helpful.</summary>
    public const string Correlation = "correlation";

    /// <summary>Standard error of <see cref="Correlation"/>.</summary>
    public const string CorrelationError = "correlation_se";

    private static readonly string[] Names = [Bif, BifError, Correlation, CorrelationError];
    private readonly Dictionary<string, FileStream> _files;
    private readonly string _directory;
    private readonly int _items;
    private readonly long _header;

    /// <summary>Creates the files beside their final names.</summary>
    public ScoreFiles(string directory, int queries, int items)
    {
        Directory.CreateDirectory(directory);
        _directory = directory;
        _items = items;
        _files = Names.ToDictionary(name => name, name => NpyFile.Create<float>(Part(name), [queries, items]));
        foreach (var file in _files.Values)
        {
            file.Flush();
            _header = file.Length;
            file.SetLength(_header + (4L * queries * items));
        }
    }

    /// <summary>Writes the scores of a query for consecutive items. Safe to call from several threads.</summary>
    public void Write(string name, int query, int firstItem, ReadOnlySpan<float> values)
        => RandomAccess.Write(_files[name].SafeFileHandle, MemoryMarshal.AsBytes(values), _header + (4L * (((long)query * _items) + firstItem)));

    /// <summary>Gives the finished files their names.</summary>
    public void Publish()
    {
        foreach (var (name, file) in _files)
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            File.Move(Part(name), Path.Combine(_directory, name + ".npy"), overwrite: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (name, file) in _files)
        {
            file.Dispose();
            File.Delete(Part(name));
        }
    }

    private string Part(string name) => Path.Combine(_directory, name + ".npy.part");
}
