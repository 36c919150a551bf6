using System.Runtime.InteropServices;
using Bif.Engine.Arrays;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Kept;

/// <summary>
/// The kept draws of a run: <c>draws/PRECISION-every-K/chain-CCC/block-BBBBBB.npy</c> [draw, parameter], scaled deviations from w*.
/// Each plan has a folder of its own, so that the run's record alone says which holds.
/// </summary>
/// <param name="directory">The folder of all chains.</param>
/// <param name="plan">Which draws, how precisely.</param>
/// <param name="drawsPerBlock">Draws of a block of the run.</param>
internal sealed class KeptDrawFiles(string directory, KeptDrawsPlan plan, int drawsPerBlock)
{
    /// <summary>Which draws, how precisely.</summary>
    public KeptDrawsPlan Plan { get; } = plan;

    /// <summary>Draws of a block of the run, kept or not.</summary>
    public int DrawsPerBlock { get; } = drawsPerBlock;

    private string Root => Path.Combine(directory, $"{Plan.Precision}-every-{Plan.Every}");

    /// <summary>The file of a block.</summary>
    public string PathOf(int chain, int block) => Path.Combine(Root, $"chain-{chain:D3}", $"block-{block:D6}.npy");

    /// <summary>First kept draw of a block among the kept ones of its chain, and the one after its last.</summary>
    public (int First, int End) RowsOf(int block, int draws)
        => (Plan.CountBefore(block * DrawsPerBlock), Plan.CountBefore(Math.Min(draws, (block + 1) * DrawsPerBlock)));

    /// <summary>The weights of a kept draw, w* + deviation [P]; belongs to the caller's scope.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="row">Which of its kept draws, from 0.</param>
    /// <param name="center">w* [P].</param>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public Tensor Read(int chain, int row, Tensor center)
    {
        var values = empty([center.numel()], Plan.Precision == "float16" ? ScalarType.Float16 : ScalarType.Float32);
        ReadBytes(chain, row, center.numel()).CopyTo(values.bytes);
        return values.to(float32).to(center.device).mul_(1 / Plan.Scale).add_(center);
    }

    /// <summary>A kept draw as it lies on disk.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public byte[] ReadBytes(int chain, int row, long parameters)
    {
        // The draw that this row was: every Every-th one.
        var block = (((row + 1) * Plan.Every) - 1) / DrawsPerBlock;
        var within = row - Plan.CountBefore(block * DrawsPerBlock);
        return Plan.Precision == "float16" ? Row<Half>(PathOf(chain, block), within, parameters) : Row<float>(PathOf(chain, block), within, parameters);
    }

    /// <summary>Writes draws that are kept already as another plan has them, which keeps one in several of them.</summary>
    /// <param name="wider">Where they lie.</param>
    /// <param name="chains">Chains of the run.</param>
    /// <param name="draws">Draws per chain that there are.</param>
    /// <param name="center">w* [P].</param>
    public void TakeOver(KeptDrawFiles wider, int chains, int draws, Tensor center)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        for (var chain = 0; chain < chains; chain++)
        {
            using var writer = new KeptDrawWriter(this, chain, draws, center);
            for (var draw = 0; draw < draws; draw++)
            {
                if (Plan.Keeps(draw))
                {
                    using var inner = NewDisposeScope();
                    writer.Offer(draw, wider.Read(chain, wider.Plan.CountBefore(draw), center));
                }

                if ((draw + 1) % DrawsPerBlock == 0 || draw + 1 == draws)
                {
                    writer.TakeBlock()?.Invoke();
                }
            }
        }
    }

    /// <summary>Deletes what other plans left behind.</summary>
    public void DeleteOthers()
    {
        foreach (var folder in Directory.Exists(directory) ? Directory.GetDirectories(directory).Where(folder => folder != Root) : [])
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Row<T>(string path, int row, long parameters) where T : unmanaged
    {
        var values = NpyFile.ReadRow<T>(path, row);
        return values.Length == parameters
            ? MemoryMarshal.AsBytes(values.AsSpan()).ToArray()
            : throw new InputException($"{path} has draws of {values.Length} parameters where the run samples {parameters}: it belongs to another run.");
    }
}
