using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>What curvature is measured on: a model at w*, the parameters that move, and training items.</summary>
/// <param name="Model">The model.</param>
/// <param name="Selection">The sampled parameters.</param>
/// <param name="Center">w* [P].</param>
/// <param name="Feed">Training items.</param>
/// <param name="Items">How many of them, evenly spread; 0 for all.</param>
/// <param name="Piece">Items per pass.</param>
/// <param name="Seed">Seed of the probes.</param>
public sealed record CurvatureSource(
    Model Model, ParameterSelection Selection, Tensor Center, DataFeed Feed, int Items, int Piece, ulong Seed)
{
    /// <summary>Number of items used.</summary>
    public int Count => Items <= 0 ? Feed.Count : Math.Min(Items, Feed.Count);

    /// <summary>What the losses of all items are sums over: the items, or the tokens of texts.</summary>
    public long Observations => Model.Objective == Objective.NextToken ? Feed.TokenOffsets[^1] : Feed.Count;

    /// <summary>The same in pieces of so many items at most.</summary>
    internal CurvatureSource InPieces(int most) => this with { Piece = Math.Min(Piece, most) };

    /// <summary>Calls <paramref name="work"/> with each piece of the items, in a dispose scope of its own.</summary>
    internal void ForEachPiece(Action<Batch, int> work, Action<double>? progress = null)
    {
        var indices = new int[Math.Min(Piece, Count)];
        var number = 0;
        for (var start = 0; start < Count; start += indices.Length)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(indices.Length, Count - start);
            for (var i = 0; i < length; i++)
            {
                indices[i] = (int)((long)(start + i) * Feed.Count / Count);
            }

            work(Count == Feed.Count ? Feed.Range(start, length) : Feed.Gather(indices.AsSpan(0, length)), number++);
            progress?.Invoke((start + length) / (double)Count);
        }
    }

    /// <summary>Independent ±1 in the shape of <paramref name="like"/>, following from the seed and two numbers.</summary>
    internal Tensor Signs(Tensor like, int repeat, int piece)
    {
        var noise = empty(like.shape, device: like.device);
        LangevinStep.Normals(noise, Seed, (uint)repeat, PhiloxPurpose.Curvature, (ulong)piece);
        return noise.sign();
    }
}
