using System.Numerics;
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
    /// <summary>Items that share one set of noise, and pieces of which divide it.</summary>
    internal const int Group = 32;

    /// <summary>Whether the labels of few classes are summed out exactly for convolutions too, which is dearer than mixtures of them.</summary>
    public bool ExactLabels { get; init; }

    /// <summary>Number of items used.</summary>
    public int Count => Items <= 0 ? Feed.Count : Math.Min(Items, Feed.Count);

    /// <summary>What the losses of all items are sums over: the items, or the tokens of texts.</summary>
    public long Observations => Model.Objective == Objective.NextToken ? Feed.TokenOffsets[^1] : Feed.Count;

    /// <summary>The same in pieces of so many items at most.</summary>
    internal CurvatureSource InPieces(int most) => this with { Piece = Math.Min(Piece, most) };

    /// <summary>The same in pieces of which a whole number makes a <see cref="Group"/>.</summary>
    internal CurvatureSource WithinGroups() => this with { Piece = 1 << BitOperations.Log2((uint)Math.Min(Piece, Group)) };

    /// <summary>Calls <paramref name="work"/> with each piece of the items and the place of its first among those used, in a dispose scope of its own.</summary>
    internal void ForEachPiece(Action<Batch, int> work, Action<double>? progress = null)
    {
        var indices = new int[Math.Min(Piece, Count)];
        for (var start = 0; start < Count; start += indices.Length)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(indices.Length, Count - start);
            for (var i = 0; i < length; i++)
            {
                indices[i] = (int)((long)(start + i) * Feed.Count / Count);
            }

            work(Count == Feed.Count ? Feed.Range(start, length) : Feed.Gather(indices.AsSpan(0, length)), start);
            progress?.Invoke((start + length) / (double)Count);
        }
    }

    /// <summary>
    /// Independent ±1 in the shape of outputs [items, …], following from the seed, a number and each item's place, whatever pieces the
    /// items come in: what is estimated with them does not depend on the batch size that is fastest on a machine.
    /// </summary>
    /// <param name="like">Outputs of consecutive items.</param>
    /// <param name="repeat">Which set of signs.</param>
    /// <param name="first">Place of the first item.</param>
    internal Tensor Signs(Tensor like, int repeat, int first)
    {
        var noise = empty(like.shape, device: like.device);
        var count = (int)like.shape[0];
        if (like.dim() > 2)
        {
            // An item's positions come first in memory: padding behind them changes none of its signs.
            for (var row = 0; row < count; row++)
            {
                Fill(noise.select(0, row), repeat, first + row);
            }

            return noise.sign();
        }

        for (var group = first / Group; group * Group < first + count; group++)
        {
            var (from, end) = (Math.Max(first, group * Group), Math.Min(first + count, (group + 1) * Group));
            var together = empty([Group, .. like.shape[1..]], device: like.device);
            Fill(together, repeat, group);
            noise.narrow(0, from - first, end - from).copy_(together.narrow(0, from - (group * Group), end - from));
        }

        return noise.sign();
    }

    private void Fill(Tensor noise, int repeat, int place) => LangevinStep.Normals(noise, Seed, (uint)repeat, PhiloxPurpose.Curvature, (ulong)place);
}
