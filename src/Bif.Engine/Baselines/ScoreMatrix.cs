using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines;

/// <summary>Gathers blocks of helpfulness into scores in the sense of BIF: the sign is turned in this one place.</summary>
internal sealed class ScoreMatrix(int queries, int items)
{
    /// <summary>[query, item], row-major, negative = helpful; 0 until written.</summary>
    public float[] Values { get; } = new float[checked((long)queries * items)];

    /// <summary>Writes a block.</summary>
    /// <param name="query">Its first query.</param>
    /// <param name="item">Its first item.</param>
    /// <param name="helpfulness">[queries, items], larger = more helpful, in any float type, on any device.</param>
    public void Write(int query, int item, Tensor helpfulness)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = ((int)helpfulness.shape[0], (int)helpfulness.shape[1]);
        var values = MemoryMarshal.Cast<byte, float>(helpfulness.detach().mul(-1).to(float32).cpu().contiguous().bytes);
        for (var row = 0; row < rows; row++)
        {
            values.Slice(row * columns, columns).CopyTo(Values.AsSpan((int)(((long)(query + row) * items) + item), columns));
        }
    }
}
