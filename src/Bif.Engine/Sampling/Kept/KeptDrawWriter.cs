using Bif.Engine.Arrays;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Kept;

/// <summary>
/// Writes the kept draws of one chain, a .npy file [draw, parameter] per block of draws: row by row into a .part file, named
/// when the block is complete, so that memory is one draw.
/// </summary>
internal sealed class KeptDrawWriter(KeptDrawFiles files, int chain, int draws, Tensor center) : IDisposable
{
    private FileStream? _part;
    private int _block;

    /// <summary>Keeps a draw if the plan says so.</summary>
    /// <param name="draw">Index in the chain, from 0; draws come in order.</param>
    /// <param name="position">w [P].</param>
    public void Offer(int draw, Tensor position)
    {
        if (!files.Plan.Keeps(draw))
        {
            return;
        }

        _part ??= Begin(draw);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var scaled = position.sub(center).mul_(files.Plan.Scale);
        _part.Write(files.Plan.Precision == "float16" ? scaled.to(float16).cpu().bytes : scaled.cpu().bytes);
    }

    /// <summary>Ends the block: what brings its file to the disk and names it, null where none of its draws is kept.</summary>
    public Action? TakeBlock()
    {
        if (_part is not { } part)
        {
            return null;
        }

        _part = null;
        var path = files.PathOf(chain, _block);
        return () =>
        {
            using (part)
            {
                part.Flush(flushToDisk: true);
            }

            File.Move(path + ".part", path, overwrite: true);
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _part?.Dispose();

    // A block that was short before draws were added begins with the rows of its old file.
    private FileStream Begin(int draw)
    {
        _block = draw / files.DrawsPerBlock;
        var (first, last) = files.RowsOf(_block, draws);
        var path = files.PathOf(chain, _block);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None);
        part.Write(files.Plan.Precision == "float16" ? NpyHeader.Encode<Half>([last - first, center.numel()]) : NpyHeader.Encode<float>([last - first, center.numel()]));
        for (var row = first; row < files.Plan.CountBefore(draw); row++)
        {
            part.Write(files.ReadBytes(chain, row, center.numel()));
        }

        return part;
    }
}
