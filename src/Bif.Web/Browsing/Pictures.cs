using System.Collections.Concurrent;
using Bif.Engine;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Kernels;

namespace Bif.Web.Browsing;

/// <summary>The pictures behind the items of runs. Data is opened once and kept open; a few sets at a time.</summary>
public sealed class Pictures : IDisposable
{
    private const int MostOpen = 16;
    private readonly ConcurrentDictionary<(string Model, string Data), Lazy<Entry>> _open = new();

    /// <summary>The picture of an item as PNG, or null where the data is no longer there, has changed, or is no pictures.</summary>
    /// <param name="record">The run's record.</param>
    /// <param name="isQuery">Whether a query is meant rather than a training item.</param>
    /// <param name="item">Index of the item.</param>
    public byte[]? Png(RunRecord record, bool isQuery, int item) => Png(Find(record, isQuery), item);

    /// <summary>How many pictures a data path holds that is no run's yet; null where it holds none.</summary>
    /// <param name="model">The model that would take them, confined and real.</param>
    /// <param name="data">Where they lie, likewise.</param>
    public int? Count(string model, string data) => Open(model, data, null)?.Data.Count;

    /// <summary>One of them as PNG, or null.</summary>
    public byte[]? Png(string model, string data, int item) => Png(Open(model, data, null), item);

    /// <summary>Shape of the training pictures [channels, height, width], or null where there are none.</summary>
    public long[]? Shape(RunRecord record) => Find(record, isQuery: false)?.Data.Items.ItemShape;

    /// <summary>For each training item a number that is equal for equal pictures; null where there are no pictures.</summary>
    public ulong[]? Fingerprints(RunRecord record) => Find(record, isQuery: false)?.Fingerprints.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in _open.Values.Where(entry => entry.IsValueCreated))
        {
            entry.Value.Data.Dispose();
        }
    }

    private static byte[]? Png(Entry? found, int item)
    {
        if (found is not { } entry || item < 0 || item >= entry.Data.Count)
        {
            return null;
        }

        var shape = entry.Data.Items.ItemShape;
        var pixels = new byte[shape[0] * shape[1] * shape[2]];
        entry.Data.Items.Read(item, pixels);
        return Images.EncodePng(pixels, (int)shape[0], (int)shape[2], (int)shape[1]);
    }

    private Entry? Find(RunRecord record, bool isQuery)
        => Open(record.Spec.Model, isQuery ? record.Spec.Queries : record.Spec.Data, (isQuery ? record.Queries : record.Data).Hash);

    // Where a hash is given, data that has another is not what the run saw.
    private Entry? Open(string model, string data, string? hash)
    {
        try
        {
            if (_open.Count > MostOpen)
            {
                // Readers of these may still be at work: they are left to the finalizer.
                _open.Clear();
            }

            var entry = _open.GetOrAdd((model, data), key => new(() => Open(key.Model, key.Data))).Value;
            return entry.Data.Items.ItemShape.Length == 3 && entry.Data.Items.ElementType == ElementType.UInt8 && (hash is null || entry.Data.Hash == hash) ? entry : null;
        }
        catch (Exception error) when (error is InputException or IOException or UnauthorizedAccessException)
        {
            _open.TryRemove((model, data), out _);
            return null;
        }
    }

    private static Entry Open(string model, string data)
    {
        var config = Path.Combine(model, "config.json");
        var input = File.Exists(config) ? InputSpec.From(ModelConfig.Read(config)) : null;
        if (input is { Text: not null })
        {
            throw new InputException($"{model} takes text: there are no pictures.");
        }

        var opened = DatasetLoader.Open(data, input, TargetKind.Class);
        return new(opened, new(() => Hash(opened)));
    }

    private static ulong[] Hash(Dataset data)
    {
        var pixels = new byte[data.Items.ItemShape.Aggregate(1L, (product, length) => product * length)];
        var prints = new ulong[data.Count];
        for (var item = 0; item < prints.Length; item++)
        {
            data.Items.Read(item, pixels);
            prints[item] = BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(pixels));
        }

        return prints;
    }

    private sealed record Entry(Dataset Data, Lazy<ulong[]> Fingerprints);
}
